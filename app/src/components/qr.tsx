// A picture that another phone's camera reads; it keeps its own white ground, also at night.
import { generate } from 'lean-qr/nano';

const quiet = 2; // the white rim, in modules, beside that of its card

export function QR({ text, label }: { text: string; label: string }) {
  const code = generate(text);
  let path = '';
  for (let y = 0; y < code.size; y++) for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x} ${y}h1v1h-1z`;
  const side = code.size + 2 * quiet;
  return <div class="qr"><svg viewBox={`${-quiet} ${-quiet} ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges"><path class="qr__ink" d={path} /></svg></div>;
}
