// Draws the Mermaid diagrams of a page, and again when the theme changes between light and dark.
(() => {
  const sources = [...document.querySelectorAll("pre > code.language-mermaid")];
  if (sources.length === 0) return;
  const diagrams = sources.map((code) => {
    const drawing = document.createElement("div");
    const diagram = { text: code.textContent, drawing };
    code.parentElement.replaceWith(drawing);
    return diagram;
  });

  const dark = () => /\b(coal|navy|ayu)\b/.test(document.documentElement.className);
  let drawnDark;
  const draw = async () => {
    if (drawnDark === dark()) return;
    drawnDark = dark();
    mermaid.initialize({ startOnLoad: false, theme: drawnDark ? "dark" : "default" });
    for (const [number, { text, drawing }] of diagrams.entries()) {
      drawing.innerHTML = (await mermaid.render(`diagram-${number}`, text)).svg;
    }
  };

  // Three megabytes, for the few pages that have a diagram.
  const library = document.createElement("script");
  library.src = new URL("mermaid.tiny.js", document.currentScript.src);
  library.onload = () => {
    draw();
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["class"] });
  };
  document.head.append(library);
})();
