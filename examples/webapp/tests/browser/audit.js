// Returns a list of what is wrong with the page, as texts.
const faults = [];
const fault = (text, element) => faults.push(element ? `${text}: ${element.outerHTML.slice(0, 160)}` : text);

// Colours as [red, green, blue, alpha]; getComputedStyle writes them as rgb() or rgba().
const colour = text => {
  const numbers = text.match(/^rgba?\(([^)]*)\)$/)?.[1].split(/[\s,/]+/).map(Number);
  if (!numbers) throw new Error(`a colour that is not understood: ${text}`);
  return [...numbers, 1].slice(0, 4);
};
const over = (top, bottom) => [0, 1, 2].map(i => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
// WCAG 2.2, relative luminance and contrast ratio.
const luminance = rgb => {
  const [r, g, b] = rgb.map(value => value / 255).map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one.slice(0, 3)), luminance(other.slice(0, 3))].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
// The background of an element's text.
const ground = element => {
  const layers = [];
  for (let it = element; it; it = it.parentElement) {
    const style = getComputedStyle(it);
    if (style.backgroundImage !== 'none' || style.opacity !== '1') fault('a background that is not measured', it);
    layers.push(colour(style.backgroundColor));
    if (layers.at(-1)[3] === 1) break;
  }
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
};
const readable = element => {
  const style = getComputedStyle(element);
  const behind = ground(element);
  const found = contrast(over(colour(style.color), behind), behind);
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  if (found < needed) fault(`text with contrast ${found.toFixed(2)}, less than ${needed}`, element);
};

// Required on every page.
if (!document.title.trim()) fault('no title');
if (!document.documentElement.lang) fault('no language');
const headings = [...document.querySelectorAll('h1, h2, h3, h4')].map(it => Number(it.tagName[1]));
if (headings.filter(level => level === 1).length !== 1) fault('not exactly one h1');
headings.forEach((level, i) => { if (level > (headings[i - 1] ?? 0) + 1) fault(`a heading h${level} that skips a level`); });
// No picture here is merely decorative.
document.querySelectorAll('img').forEach(it => { if (!it.alt.trim()) fault('no alt', it); });
document.querySelectorAll('img').forEach(it => { if (!it.naturalWidth) fault('a missing picture', it); });
if (document.documentElement.scrollWidth > innerWidth) fault(`the page is ${document.documentElement.scrollWidth} wide on a screen of ${innerWidth}`);

// Text.
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  const range = document.createRange();
  range.selectNodeContents(text);
  if (!text.data.trim() || !range.getClientRects().length || !text.parentElement.checkVisibility()) continue;
  seen.add(text.parentElement);
}
document.querySelectorAll('select, textarea, input:not([type=hidden])').forEach(it => seen.add(it));
if (!seen.size) fault('no text');
seen.forEach(readable);

// Controls: labels, room for a finger, and a visible focus.
document.querySelectorAll('select, textarea, input:not([type=hidden])').forEach(it => {
  if (!it.labels.length && !it.ariaLabel) fault('no label', it);
});
const before = document.activeElement;
// Tab order must follow reading order: down, to the right within a line, or on to the next column.
let last;
document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])').forEach(it => {
  // Skip what is folded away: nobody can press it.
  if (!it.checkVisibility()) return;
  const { width, height, left, top: upper } = it.getBoundingClientRect();
  // Focusing scrolls the page.
  const place = { top: upper + scrollY, bottom: upper + scrollY + height, left, right: left + width };
  if (it.tabIndex !== 0) fault('a custom tabindex', it);
  if (last && place.bottom <= last.top && place.left < last.right) fault('the focus goes back up', it);
  if (last && place.top < last.bottom && place.bottom > last.top && place.right <= last.left) fault('the focus goes back', it);
  last = place;
  if (it.tagName !== 'A' && (width < 24 || height < 24)) fault(`a control of ${width} × ${height}`, it);
  it.focus({ focusVisible: true });
  if (document.activeElement !== it) return fault('it cannot take the focus', it);
  const style = getComputedStyle(it);
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return fault('the focus is not visible', it);
  const around = ground(it.parentElement);
  if (contrast(over(colour(style.outlineColor), around), around) < 3) fault('the focus has too little contrast', it);
});
before === document.body ? document.activeElement.blur() : before.focus();
return faults;
