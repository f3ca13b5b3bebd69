//! A QR code in a terminal.

use std::{
    env,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use itsme_core::QrCode;
use rqrr::{BitGrid, PreparedImage};

/// The width of the light border, in modules. Phones do not detect a code without this border.
const QUIET: usize = 4;

/// Draws the code. If its image format is not supported here, writes the image to a file and prints
/// the file's path.
///
/// # Errors
/// If the output or the file cannot be written.
pub fn show(code: &QrCode, out: &mut impl Write) -> io::Result<()> {
    match modules(&code.image) {
        Some(modules) => write!(out, "{}", drawing(&modules))?,
        None => {
            let (mut file, path) = new_file(&env::temp_dir())?;
            file.write_all(&code.image)?;
            writeln!(out, "The code ({}) is in the file {}", code.media_type(), path.display())?;
        }
    }
    out.flush()
}

/// Creates a new file. Never reuses an existing file or link, which might belong to another
/// user or an earlier code.
fn new_file(directory: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 1;
    loop {
        let path = directory.join(format!("itsme-qr-{}-{number}", process::id()));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            file => return Ok((file?, path)),
        }
    }
}

/// Returns whether each module is dark, row by row.
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

/// Draws two modules per character, dark on light whatever the terminal's colors.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_no_image_that_can_be_read_here_is_put_into_a_new_file() {
        // "GIF89a" is the beginning of an image format that is not supported here.
        let answer = serde_json::json!({ "qr_code": "R0lGODlh" });
        let code: QrCode = serde_json::from_value(answer).expect("a code");
        let mut paths = Vec::new();
        for _ in 0..2 {
            let mut out = Vec::new();
            show(&code, &mut out).expect("a file");
            let text = String::from_utf8(out).expect("UTF-8");
            let told =
                text.strip_prefix(&format!("The code ({}) is in the file ", code.media_type()));
            paths.push(told.expect("the path is printed").trim_end().to_owned());
        }
        assert_ne!(paths[0], paths[1], "a later code must not replace an earlier one");
        for path in paths {
            assert_eq!(fs::read(&path).expect("a file"), b"GIF89a");
            fs::remove_file(path).expect("the file can be removed");
        }
    }
}
