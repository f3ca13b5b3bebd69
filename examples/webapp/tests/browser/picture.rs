//! Pictures of pages, for people to look at.

use std::{fs, io::Cursor, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::browser::Browser;

impl Browser {
    /// Saves the whole page as `target/browser/NAME.png`.
    pub async fn picture(&self, name: &str) {
        let picture = self.whole_page().await;
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory");
        let pictures = target.join("browser");
        fs::create_dir_all(&pictures).expect("a directory");
        fs::write(pictures.join(format!("{name}.png")), picture).expect("a file");
    }

    /// Reads the QR code on the page as a camera would.
    pub async fn qr_code(&self) -> String {
        let mut reader =
            png::Decoder::new(Cursor::new(self.whole_page().await)).read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let picture = reader.next_frame(&mut pixels).expect("a picture");
        let samples = picture.color_type.samples();
        let (width, height) = (picture.width as usize, picture.height as usize);
        let mut seen = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            pixels[y * picture.line_size + x * samples]
        });
        let grids = seen.detect_grids();
        assert_eq!(grids.len(), 1, "{}", self.text().await);
        grids[0].decode().expect("it can be read").1
    }

    async fn whole_page(&self) -> Vec<u8> {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", whole).await;
        STANDARD.decode(picture["data"].as_str().unwrap_or_default()).expect("base64")
    }
}
