//! Renders a QR code as a PNG.

use qrcode::{Color, QrCode};

/// The width of the white border that scanners need, in modules (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;
/// Pixels per module in each direction. At one bit per pixel, the width of a module is exactly one
/// byte.
const PIXELS: usize = 8;

pub(in super::super) fn png(content: &str) -> Vec<u8> {
    let code = QrCode::new(content).expect("a URL fits in a QR code");
    let modules = code.width() + 2 * QUIET_ZONE;
    let inside = |at: usize| at.checked_sub(QUIET_ZONE).filter(|at| *at < code.width());
    let byte = |x, y| match (inside(x), inside(y)) {
        (Some(x), Some(y)) if code[(x, y)] == Color::Dark => 0x00,
        _ => 0xff,
    };
    let row = |y: usize| -> Vec<u8> { (0..modules).map(|x| byte(x, y)).collect() };
    let pixels: Vec<u8> = (0..modules).flat_map(|y| row(y).repeat(PIXELS)).collect();
    let mut file = Vec::new();
    write(&mut file, modules * PIXELS, &pixels).expect("writing to a Vec cannot fail");
    file
}

fn write(file: &mut Vec<u8>, side: usize, pixels: &[u8]) -> Result<(), png::EncodingError> {
    let side = u32::try_from(side).map_err(std::io::Error::other)?;
    let mut encoder = png::Encoder::new(file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}
