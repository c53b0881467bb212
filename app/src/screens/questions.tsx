// The guided check-in: one question a screen. Unknown is not none, nothing is
// preselected, and what was answered survives a reload.
import { useEffect, useState } from 'preact/hooks';
import { catalogue, label, word } from '../core/catalogue';
import { answered, begun, corrected, degrees, kindOf, parse, questions, temperature, wrongDegrees, type Draft, type Question } from '../core/checkin';
import { newId } from '../core/ids';
import { serverRow } from '../core/mirror';
import { save } from '../core/outbox';
import { redFlag, withPerson } from '../core/redflags';
import { account } from '../core/session';
import { sync } from '../core/sync';
import { draft, keepDraft } from '../core/worker';
import { t } from '../core/words';
import type { Row } from '../core/types';
import { route, type Way } from '../core/way';
import { focusOn, once } from '../components/focus';
import { Input, useEdited } from '../components/form';
import { Chips, Choice, Ask, Nrs, Progress } from '../components/fields';
import { Wrong } from '../components/parts';
import { Screen } from '../components/shell';

const unknown = 'unknown';
/** What a mirror or a photo shows. */
const seen = new Set(['erythema', 'swelling', 'flaking', 'extent', 'lumps']);

export default function Questions({ query: { id: edited } }: Way) {
  const [state, setState] = useState<Draft>();
  const [error, setError] = useState('');
  const symptoms = catalogue.value?.symptoms ?? [];
  const old = useEdited<Row>('reports', edited);
  const key = `check-in${edited ?? ''}`;
  useEffect(() => { void draft<Draft>(key).then((d) => setState(begun(d) ? d : { answers: old ? answered(symptoms, old) : {}, at: 0, begun: Date.now() })); }, [key]);
  if (!state || symptoms.length === 0) return null;
  const list = questions(symptoms, state.answers);
  const at = Math.min(state.at, list.length - 1);
  const q = list[at]!;
  const keep = (next: Draft) => { setState(next); setError(''); void keepDraft(key, next); };
  /** Another question, from its beginning. */
  const turn = (next: Draft) => { keep(next); scrollTo(0, 0); focusOn('#question'); };

  const finish = async () => {
    const said = answered(symptoms, state.answers);
    if (Object.keys(said).length === 0) { setError(t('checkin.nothing_answered')); return; }
    const id = edited ?? newId();
    const row: Row = old ? { ...corrected(symptoms, old, state.answers), id } : { id, observed_at: new Date().toISOString(), ...said };
    if (old) delete row.assessment; // the answer is given anew
    await save('reports', row, 'core.entry_report', old && serverRow('reports', id));
    await keepDraft(key, undefined);
    void sync();
    route(`/app/answers/${id}`, true);
  };
  const next = () => {
    const value = state.answers[q.field];
    const asked = [...new Set([...(state.asked ?? []), q.field])];
    if (value === undefined && !(state.asked ?? []).includes(`${q.field}?`)) { setError(t('checkin.choose')); focusOn('main input'); return; }
    const wrong = q.field === 'temperature_c' && typeof value === 'number' && wrongDegrees(value);
    if (wrong) { setError(wrong); return; }
    // A red flag ends the questions: the answer is shown at once, with or without a network.
    const flagged = redFlag(withPerson(answered(symptoms, state.answers), account.value), catalogue.value?.red_flags);
    if (flagged || at + 1 >= list.length) { void once(key, finish); return; }
    turn({ ...state, asked, at: at + 1 });
  };
  const back = () => { if (at > 0) turn({ ...state, at: at - 1 }); else if (edited) history.back(); else route('/app/check-in', true); };
  const set = (value: unknown, isUnknown = false) => {
    const asked = (state.asked ?? []).filter((a) => a !== `${q.field}?`);
    keep({ ...state, answers: { ...state.answers, [q.field]: value }, asked: isUnknown ? [...asked, `${q.field}?`] : asked });
  };
  const chosenUnknown = (state.asked ?? []).includes(`${q.field}?`);
  return (
    <Screen title={t('checkin.question_of', { n: at + 1, of: list.length })} quiet close="/app"
      foot={
        <>
          <Wrong text={error} />
          <div class="row">
            <button type="button" class="btn btn--tall" onClick={back}>{t('core.back')}</button>
            <button type="button" class="btn btn--main btn--tall grow" onClick={next}>{at + 1 < list.length ? t('core.next') : t('core.save')}</button>
          </div>
        </>
      }>
      <Progress label={t('checkin.questions')} now={at + 1} max={list.length} />
      <div class="head"><h1 id="question" tabIndex={-1}>{q.question}</h1><p class="second">{q.help}</p></div>
      <form onSubmit={(e) => { e.preventDefault(); next(); }} class="stack" key={q.field}>
        <Control q={q} value={state.answers[q.field]} unknown={chosenUnknown} onChange={(v) => set(v)} onUnknown={() => set(undefined, true)} />
      </form>
    </Screen>
  );
}

interface ControlProps { q: Question; value: unknown; unknown: boolean; onChange: (v: unknown) => void; onUnknown: () => void }

function Control({ q, value, unknown: isUnknown, onChange, onUnknown }: ControlProps) {
  const kind = kindOf(q);
  const text = isUnknown ? unknown : value === undefined ? undefined : String(value);
  const pick = (v: string) => (v === unknown ? onUnknown() : onChange(parse(q, v)));
  const quiet = { value: unknown, title: label('answers', 'unknown'), note: (seen.has(q.field) && word('checkin.unknown.see')) || word('checkin.unknown'), quiet: true };
  const values = q.values.filter((v) => v.value !== 'not_sure' || kind !== 'one');
  switch (kind) {
    case 'scale':
      return <Choice name={q.field} legend={q.question} hideLegend value={text} onChange={pick} options={[...values.map((v) => ({ value: v.value, title: v.label, note: word(`checkin.${q.field}.${v.value}`) || undefined, level: Number(v.value) })), quiet]} />;
    case 'nrs':
      return (
        <>
          <Nrs name={q.field} legend={q.question} value={text} onChange={pick} least={q.values[0]!.label} most={q.values[10]!.label} />
          <Unknown field={q.field} on={isUnknown} title={quiet.title} note={quiet.note} onUnknown={onUnknown} />
        </>
      );
    case 'set': return <Several {...{ q, value, unknown: isUnknown, onChange, onUnknown }} />;
    case 'bool': return <><Ask name={q.field} legend={q.question} hideLegend values={q.values} value={text} onChange={pick} /><Unknown field={q.field} on={isUnknown} title={quiet.title} note={quiet.note} onUnknown={onUnknown} /></>;
    case 'number': return <Temperature {...{ q, value, unknown: isUnknown, onChange, onUnknown }} />;
    default:
      return q.values.some((v) => v.value === 'not_sure')
        ? <Ask name={q.field} legend={q.question} hideLegend values={q.values} value={text} onChange={pick} />
        : <Choice name={q.field} legend={q.question} hideLegend value={text} onChange={pick} options={[...values.map((v) => ({ value: v.value, title: v.label })), quiet]} />;
  }
}

function Unknown({ field, on, title, note, onUnknown }: { field: string; on: boolean; title: string; note: string; onUnknown: () => void }) {
  return (
    <label class="opt opt--quiet">
      <input type="radio" name={field} value={unknown} checked={on} onChange={onUnknown} />
      <span><b>{title}</b><span>{note}</span></span>
    </label>
  );
}

/** Several signs, or explicitly none of them. */
function Several({ q, value, unknown: isUnknown, onChange, onUnknown }: ControlProps) {
  const chosen = (value as string[] | undefined) ?? [];
  const none = Array.isArray(value) && value.length === 0;
  return (
    <fieldset class="stack">
      <legend class="vh">{q.question}</legend>
      <Chips options={q.values} chosen={chosen} onChange={(v) => onChange(v.length ? v : undefined)} />
      <div class="choice">
        <label class="opt"><input type="radio" name={q.field} checked={none} onChange={() => onChange([])} /><span><b>{label('answers', 'none')}</b></span></label>
        <Unknown field={q.field} on={isUnknown} title={label('answers', 'unknown')} note={word('checkin.unknown')} onUnknown={onUnknown} />
      </div>
    </fieldset>
  );
}

function Temperature({ q, value, unknown: isUnknown, onChange, onUnknown }: ControlProps) {
  const [typed, setTyped] = useState(degrees(value));
  return (
    <>
      <Input label={t('checkin.celsius')} name={q.field} inputMode="decimal" value={typed} onInput={(v) => { setTyped(v); onChange(temperature(v)); }} />
      <Unknown field={`${q.field}-unknown`} on={isUnknown} title={t('checkin.not_measured')} note={word('checkin.unknown')} onUnknown={() => { setTyped(''); onUnknown(); }} />
    </>
  );
}
