//! A QR code in a terminal.

use std::{
    env, fs,
    io::{self, Write as _},
    process,
};

use itsme_core::QrCode;
use rqrr::{BitGrid, PreparedImage};

/// Light around the code, without which phones do not find it.
const QUIET: usize = 4;

/// Draws the code, or writes it to a file and says where, if it is no image that can be read here.
///
/// # Errors
/// It cannot be written.
pub fn show(code: &QrCode) -> io::Result<()> {
    match modules(&code.image) {
        Some(modules) => print!("{}", drawing(&modules)),
        None => {
            let path = env::temp_dir().join(format!("itsme-qr-{}", process::id()));
            // Nobody else's file, and nobody else's link.
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)?
                .write_all(&code.image)?;
            println!("The code ({}) is in {}", code.media_type(), path.display());
        }
    }
    io::stdout().flush()
}

/// Row by row, whether a module is dark.
fn modules(image: &[u8]) -> Option<Vec<Vec<bool>>> {
    let mut decoder = png::Decoder::new(io::Cursor::new(image));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    let (width, height) = (info.width as usize, info.height as usize);
    let channels = info.line_size / width;
    let luma = |x: usize, y: usize| pixels[y * info.line_size + x * channels];
    let mut prepared = PreparedImage::prepare_from_greyscale(width, height, luma);
    let grid = prepared.detect_grids().pop()?;
    let size = grid.grid.size();
    Some((0..size).map(|y| (0..size).map(|x| grid.grid.bit(y, x)).collect()).collect())
}

/// Two modules in one character, dark on light whatever the terminal's colours.
fn drawing(modules: &[Vec<bool>]) -> String {
    let size = modules.len() + 2 * QUIET;
    let dark = |x: usize, y: usize| {
        let module = |x: usize, y: usize| modules.get(y)?.get(x).copied();
        let (x, y) = (x.checked_sub(QUIET)?, y.checked_sub(QUIET)?);
        module(x, y)
    };
    let mut drawing = String::new();
    for y in (0..size).step_by(2) {
        drawing.push_str("\x1b[30;107m");
        for x in 0..size {
            let (upper, lower) = (dark(x, y) == Some(true), dark(x, y + 1) == Some(true));
            drawing.push(match (upper, lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        drawing.push_str("\x1b[0m\n");
    }
    drawing
}
