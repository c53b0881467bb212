// The rollers: how worn each is, what not to use, what was thrown away.
import { counted, label, word } from '../core/catalogue';
import { all } from '../core/mirror';
import { noon, rollerName, wear, type Wear } from '../core/rollers';
import { date, dayOf, list, number, t, tn } from '../core/words';
import type { Roller, Row, Session } from '../core/types';
import { keep } from '../components/form';
import { Empty, Fold } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';

const throwAway = (roller: Roller) => keep('rollers', { ...roller, state: 'discarded' } as unknown as Row, 'rollers.entry', t('rollers.thrown_said', { name: rollerName(roller) }), { ...roller, state: 'in_use' } as unknown as Row);

export default function Rollers() {
  const [sessions, rollers] = [all<Session>('sessions'), all<Roller>('rollers').sort((a, b) => b.id.localeCompare(a.id))];
  const now = new Date();
  const here = rollers.filter((r) => r.state !== 'discarded').map((r) => ({ r, w: wear(r, sessions, now) }));
  const gone = rollers.filter((r) => r.state === 'discarded');
  return (
    <Screen title={t('rollers.title')} back="/app/more" tab="more"
      foot={<a class="btn btn--main btn--wide btn--tall" href="/app/rollers/new"><Icon name="plus" size="s" />{t('rollers.add')}</a>}>
      <Banner />
      {here.length === 0 && <Empty icon="roller" title={t('rollers.none')}><p class="small">{t('rollers.none_note')}</p></Empty>}
      {here.filter((x) => !x.w.stop).sort((a, b) => Number(a.w.worn) - Number(b.w.worn)).map(({ r, w }) => <InUse key={r.id} roller={r} wear={w} />)}
      {here.filter((x) => x.w.stop).map(({ r }) => <NotToUse key={r.id} roller={r} />)}
      {gone.length > 0 && (
        <Fold icon="history" title={t('rollers.thrown', { n: number(gone.length) })}>
          <ul class="card card--flush">
            {gone.map((r) => <li key={r.id}><Item icon="gone" title={rollerName(r)} note={[tn('rollers.used', r.uses ?? 0), ...faults(r)].join(', ')} href={`/app/rollers/${r.id}`} /></li>)}
          </ul>
        </Fold>
      )}
      {word('roller.one') && <p class="small second">{word('roller.one')}</p>}
    </Screen>
  );
}

const faults = (r: Roller): string[] => (r.problems ?? []).map((p) => label('problems', p));

function InUse({ roller, wear: w }: { roller: Roller; wear: Wear }) {
  const caution = (roller.advisories ?? []).find((a) => a.severity === 'caution');
  return (
    <section class="card" aria-labelledby={roller.id}>
      <Head roller={roller} wear={w} />
      <Meters wear={w} />
      {w.worn && caution && <p class="small">{caution.message}</p>}
      {w.worn && <button type="button" class="btn" aria-describedby={roller.id} onClick={() => void throwAway(roller)}><Icon name="trash" size="s" />{t('rollers.threw')}</button>}
      {!w.worn && roller.replace_by && !!w.left && <p class="small second">{word(counted('roller.replace', w.left), { day: date(noon(roller.replace_by), 'day'), n: w.left })}</p>}
    </section>
  );
}

function Head({ roller, wear: w }: { roller: Roller; wear: Wear }) {
  const facts = [
    roller.needle_mm ? t('core.mm', { mm: number(roller.needle_mm) }) : t('rollers.length_open'), roller.material,
    w.since ? t('rollers.since', { day: dayOf(noon(w.since)) }) : w.uses === 0 ? t('rollers.new') : '',
  ];
  return (
    <div class="card__head">
      <Icon name="roller" size="l" />
      <div class="grow"><h2 id={roller.id}>{roller.name || t('rollers.roller')}</h2><p class="small second">{facts.filter(Boolean).join(', ')}</p></div>
      <a class="icon-btn icon-btn--corner" href={`/app/rollers/${roller.id}`} aria-label={t('rollers.edit', { name: rollerName(roller) })}><Icon name="pencil" size="s" /></a>
    </div>
  );
}

function Meters({ wear: w }: { wear: Wear }) {
  return (
    <>
      {w.max !== undefined && (
        <div class="meter">
          <p class="row"><span>{t('rollers.uses')}</span><b>{t('rollers.of', { n: number(w.uses), max: number(w.max) })}</b></p>
          <div class="beads" aria-hidden="true">{Array.from({ length: w.max }, (_, i) => <i key={i} class={i < w.uses ? 'on' : undefined} />)}</div>
        </div>
      )}
      {w.age !== undefined && (
        <div class="meter">
          <p class="row"><span>{t('rollers.age')}</span><b>{w.lasts ? t('rollers.days_of', { n: number(w.age), max: number(w.lasts) }) : tn('rollers.days', w.age)}</b></p>
          {w.lasts && <div class="bar" aria-hidden="true"><span style={{ inlineSize: `${Math.min(100, (100 * w.age) / w.lasts)}%` }} /></div>}
        </div>
      )}
    </>
  );
}

/** Neutral: the warm colours belong to warnings about the person. One way out. */
function NotToUse({ roller }: { roller: Roller }) {
  const told = faults(roller);
  const why = (roller.advisories ?? []).find((a) => a.severity === 'stop')?.message;
  return (
    <section class="warn" data-tier="expected" aria-labelledby={roller.id}>
      <p class="warn__tier"><Icon name="gone" size="s" /><span>{word('roller.not')}</span></p>
      <div class="row"><h2 id={roller.id} class="grow">{rollerName(roller)}</h2><a class="icon-btn icon-btn--corner" href={`/app/rollers/${roller.id}`} aria-label={t('rollers.edit', { name: rollerName(roller) })}><Icon name="pencil" size="s" /></a></div>
      {told.length > 0 && <p class="small">{word('roller.told', { problems: list(told) })}</p>}
      <p class="small">{why ?? word('roller.throw')}</p>
      <button type="button" class="btn" aria-describedby={roller.id} onClick={() => void throwAway(roller)}><Icon name="trash" size="s" />{t('rollers.threw')}</button>
    </section>
  );
}
