/** Signs drawn once and then stamped: the same shapes as the signs of map.css, for when there are too many for the document. */
interface Palette {
  surface: string;
  tones: Record<string, { fill: string; on: string }>;
}
const toneNames = ['danger', 'warn', 'ok', 'info', 'quiet'] as const;

let palette: Palette | null = null;
const sprites = new Map<string, HTMLCanvasElement>();

/** The colours of the page as it is now, by day or night. Read once: asking the document for each sign costs more than drawing it. */
function colours(): Palette {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const tones = Object.fromEntries(toneNames.map((name) => [name, { fill: read(name), on: read(`on-${name}`) }]));
  palette = { surface: read('surface'), tones };
  return palette;
}
/** To be called when the page turns to another palette. */
export function forgetSprites(): void {
  palette = null;
  sprites.clear();
}

function outline(pen: CanvasRenderingContext2D, className: string, r: number): void {
  pen.beginPath();
  if (className.includes('triangle')) {
    pen.moveTo(0, -r);
    pen.lineTo(r, r);
    pen.lineTo(-r, r);
  } else if (className.includes('octagon')) {
    const c = r * 0.41;
    for (const [x, y] of [
      [-c, -r],
      [c, -r],
      [r, -c],
      [r, c],
      [c, r],
      [-c, r],
      [-r, c],
      [-r, -c],
    ] as const)
      pen.lineTo(x, y);
  } else if (className.includes('diamond')) {
    const half = r * 0.7;
    pen.moveTo(0, -half);
    pen.lineTo(half, 0);
    pen.lineTo(0, half);
    pen.lineTo(-half, 0);
  } else if (className.includes('house')) pen.rect(-r, -r, 2 * r, 2 * r);
  else pen.arc(0, 0, r, 0, 2 * Math.PI);
  pen.closePath();
}

/** The picture of a sign of `size` CSS pixels with its classes and text; 3 pixels of room around it. */
export function spriteOf(className: string, text: string, size: number, scale: number): HTMLCanvasElement {
  const key = `${className}|${text}|${size}|${scale}`;
  const known = sprites.get(key);
  if (known) return known;
  const { surface, tones } = colours();
  const canvas = document.createElement('canvas');
  const side = size + 6;
  canvas.width = canvas.height = Math.ceil(side * scale);
  const pen = canvas.getContext('2d');
  const tone = tones[/tone-(\w+)/.exec(className)?.[1] ?? 'quiet'];
  if (!pen || !tone) return canvas;
  const open = className.includes('hollow') || className.includes('dashed');
  pen.scale(scale, scale);
  pen.translate(side / 2, side / 2);
  if (className.includes('many')) {
    // a second ring: several in one
    pen.beginPath();
    pen.arc(0, 0, size / 2 + 1, 0, 2 * Math.PI);
    pen.fillStyle = surface;
    pen.strokeStyle = tone.fill;
    pen.lineWidth = 1.5;
    pen.fill();
    pen.stroke();
  }
  outline(pen, className, size / 2 - (className.includes('many') ? 3 : 1));
  pen.fillStyle = open ? surface : tone.fill;
  pen.strokeStyle = open ? tone.fill : surface;
  pen.lineWidth = open ? 2.5 : 1.5;
  if (className.includes('dashed')) pen.setLineDash([4, 3]);
  pen.fill();
  pen.stroke();
  if (text !== '') {
    pen.fillStyle = open ? tone.fill : tone.on;
    pen.font = '700 11px system-ui, sans-serif';
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(text, 0, className.includes('triangle') ? size * 0.18 : 0.5);
  }
  sprites.set(key, canvas);
  return canvas;
}
