//! Renders the text of a confirmation the way the app shows it.

use super::escape;

/// Renders the text as HTML with the four tags that itsme supports. Everything else is escaped.
pub(super) fn render(text: &str) -> String {
    let mut html = String::new();
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        html += &escape(&rest[..at]);
        rest = &rest[at..];
        let tag = rest.find('>').map_or(rest, |end| &rest[..=end]);
        let length = match tag {
            // itsme's older documentation writes a line break as `</br>`.
            "<br>" | "</br>" => {
                html += "<br>";
                tag.len()
            }
            "<b>" | "<i>" | "<u>" => {
                html += tag;
                open.push(tag.replace('<', "</"));
                tag.len()
            }
            _ if open.last().is_some_and(|end| end == tag) => {
                html.extend(open.pop());
                tag.len()
            }
            _ => {
                html += "&lt;";
                1
            }
        };
        rest = &rest[length..];
    }
    html += &escape(rest);
    html.extend(open.into_iter().rev());
    html
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn four_tags_are_shown_and_all_else_is_text() {
        for (text, html) in [
            (
                "Pay <b>20 €</b>?<br>To <i><u>Ann</u></i>",
                "Pay <b>20 €</b>?<br>To <i><u>Ann</u></i>",
            ),
            ("a</br>b", "a<br>b"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("<b onclick=x>a</b>", "&lt;b onclick=x&gt;a&lt;/b&gt;"),
            ("<B>a", "&lt;B&gt;a"),
            ("<<b>a</b>", "&lt;<b>a</b>"),
            ("1 < 2 & \"3\"", "1 &lt; 2 &amp; &quot;3&quot;"),
        ] {
            assert_eq!(render(text), html);
        }
    }

    #[test]
    fn what_is_opened_is_closed() {
        assert_eq!(render("<b><i>a"), "<b><i>a</i></b>");
        assert_eq!(render("<b>a</i></b></b>"), "<b>a&lt;/i&gt;</b>&lt;/b&gt;");
    }
}
