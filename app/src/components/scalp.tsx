// The areas of the scalp: the picture shows, the labels over it are for fingers,
// the chips below are for everybody. Picture and chips share one checkbox.
// Never mirrored: left and right on the head stay.
import { catalogue } from '../core/catalogue';
import { ears, skin } from './head';
import { Chips } from './parts';

const hits = ['hairline', 'temples', 'temples', 'midline', 'crown', 'back', 'sides', 'sides'];

export function Scalp({ chosen, onChange }: { chosen: string[]; onChange: (areas: string[]) => void }) {
  const areas = catalogue.value?.areas ?? [];
  const on = (a: string) => (chosen.includes(a) ? ' on' : '');
  return (
    <>
      <div class="scalp">
        <svg viewBox="0 -8 240 274" aria-hidden="true">
          <defs><clipPath id="head"><path d={skin} /></clipPath></defs>
          <path class="ring__ear" d={ears} />
          <g clip-path="url(#head)">
            <path class={`scalp__area${on('sides')}`} d="M20 90H88V216H20ZM152 90H220V216H152Z" />
            <path class={`scalp__area${on('back')}`} d="M10 205C70 184 170 184 230 205V260H10Z" />
            <path class={`scalp__area${on('temples')}`} d="M20 10H74L92 64 88 96H20ZM220 10H166L148 64 152 96H220Z" />
            <path class={`scalp__area${on('hairline')}`} d="M66 10H174L152 68C136 60 104 60 88 68Z" />
            <path class={`scalp__area${on('midline')}`} d="M88 67C104 60 136 60 152 67L150 150H90Z" />
            <ellipse class={`scalp__area${on('crown')}`} cx="120" cy="168" rx="43" ry="37" />
          </g>
          <path class="scalp__rim" d={skin} />
        </svg>
        {hits.map((a, i) => <label key={i} class={`scalp__hit scalp__hit--${i}`} for={`area-${a}`} aria-hidden="true"><span>{a}</span></label>)}
      </div>
      <Chips options={areas} chosen={chosen} onChange={onChange} idOf={(v) => `area-${v}`} />
    </>
  );
}
