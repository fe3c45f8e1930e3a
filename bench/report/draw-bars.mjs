// Bars as an SVG that reads the same on a light and on a dark page.
const WIDTH = 760;
const LABEL_WIDTH = 260;
const VALUE_WIDTH = 90;
const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 44;
const FONT = 'font-family="system-ui, sans-serif" font-size="13"';

const escapeText = (text) =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** One bar for each value, the longest as wide as there is room. */
export function drawBars({ title, unit, bars }) {
  const height = HEAD_HEIGHT + bars.length * ROW_HEIGHT + 10;
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const rows = bars.map(({ label, value }, index) => {
    const top = HEAD_HEIGHT + index * ROW_HEIGHT;
    const width = Math.max(1, Math.round((value / most) * room));
    const middle = top + 14;
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${escapeText(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${top}" width="${width}" height="18" fill="#7c65c1"/>`,
      `<text x="${LABEL_WIDTH + width + 6}" y="${middle}">${value.toLocaleString("en")}</text>`,
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ${FONT}>`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="16" y="26" font-size="15" font-weight="600">${escapeText(title)}, ${escapeText(unit)}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}
