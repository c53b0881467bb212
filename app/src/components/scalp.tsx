// The areas of the scalp: the picture shows, the labels over it are for fingers,
// the chips below are for everybody. Picture and chips share one checkbox.
// Never mirrored: left and right on the head stay.
import { catalogue } from '../core/catalogue';
import { skin } from './head';
import { Chips } from './fields';
import { Shape } from './parts';

/** From below to above: each lies over the ones before it. */
const shapes = ['sides', 'back', 'temples', 'hairline', 'midline', 'crown'];
const hits = ['hairline', 'temples', 'temples', 'midline', 'crown', 'back', 'sides', 'sides'];

export function Scalp({ chosen, onChange }: { chosen: string[]; onChange: (areas: string[]) => void }) {
  const areas = catalogue.value?.areas ?? [];
  return (
    <>
      <div class="scalp">
        <svg viewBox="0 -8 240 274" aria-hidden="true">
          <defs><clipPath id="head"><path d={skin} /></clipPath></defs>
          <Shape name="ears" cls="ring__ear" />
          <g clip-path="url(#head)">
            {shapes.map((a) => <Shape key={a} name={a} cls={`scalp__area${chosen.includes(a) ? ' on' : ''}`} />)}
          </g>
          <path class="scalp__rim" d={skin} />
        </svg>
        {hits.map((a, i) => <label key={i} class={`scalp__hit scalp__hit--${i}`} for={`area-${a}`} aria-hidden="true" />)}
      </div>
      <Chips options={areas} chosen={chosen} onChange={onChange} idOf={(v) => `area-${v}`} />
    </>
  );
}
