// The health questions, group by group. A question may stay open: what was
// answered counts at once, and there is no go-ahead until none is open.
import { useState } from 'preact/hooks';
import { api, need } from '../core/api';
import { catalogue, label, word } from '../core/catalogue';
import { problemText } from '../core/problem';
import { account, keepAccount } from '../core/session';
import { ask } from '../core/rest';
import { t, tn } from '../core/words';
import { route } from '../core/way';
import { useForm } from '../components/form';
import { Ask, Progress, yesNo } from '../components/fields';
import { Wrong } from '../components/parts';
import { Screen } from '../components/shell';

type Answers = Record<string, string>;

/** What the server knows: of questions that were never asked, nothing. */
function told(): Answers {
  const a = account.value;
  if (!a?.risks) return {};
  const codes = catalogue.value?.risks.map((r) => r.code) ?? [];
  return Object.fromEntries(codes.filter((c) => !a.risks_open.some((o) => o === c)).map((c) => [c, a.risks!.some((r) => r.code === c) ? 'yes' : 'no']));
}

export default function Health() {
  const [part, setPart] = useState(0);
  const { form: answers, set, error, fail, done } = useForm<Answers>('health', told());
  const groups = catalogue.value?.risk_groups ?? [];
  const group = groups[part];
  if (!group) return null;
  const questions = catalogue.value!.risks.filter((r) => r.group === group.value);
  const open = catalogue.value!.risks.filter((r) => !answers[r.code]).map((r) => r.code);
  const finish = async () => {
    const before = account.value?.risks ?? [];
    const risks = Object.keys(answers).filter((code) => answers[code] === 'yes').map((code) => before.find((r) => r.code === code) ?? { code });
    try {
      await keepAccount(await need(api.PATCH('/v1/account', { body: { risks, risks_open: open } as never })));
      await done();
      void ask();
      route('/app', true);
    } catch (e) {
      fail(problemText(e));
    }
  };
  const next = () => { if (part + 1 < groups.length) { setPart(part + 1); scrollTo(0, 0); document.getElementById('health-title')?.focus(); } else void finish(); };
  return (
    <Screen title={t('core.health')} quiet back="/app"
      foot={
        <>
          {part + 1 === groups.length && open.length > 0 && <p class="small second" role="status">{tn('core.open_questions', open.length)}</p>}
          <Wrong text={error} />
          <button type="button" class="btn btn--main btn--wide btn--tall" onClick={next}>{part + 1 < groups.length ? t('core.next_part') : t('core.done')}</button>
          <button type="button" class="btn btn--plain btn--wide" onClick={() => void finish()}>{word('health.later')}</button>
        </>
      }>
      <div class="head">
        <p class="eyebrow">{t('core.part', { n: part + 1, of: groups.length })}</p>
        <Progress label={t('core.parts')} now={part + 1} max={groups.length} />
        <h1 id="health-title" tabIndex={-1}>{label('risk_groups', group.value)}</h1>
        <p class="second">{word('health.lead')}</p>
      </div>
      <form class="card card--flush">
        {questions.map((q) => (
          <div class="ask" key={q.code}>
            <div class="grow" aria-hidden="true"><b>{q.question}</b>{q.help && <span>{q.help}</span>}</div>
            <Ask name={q.code} legend={[q.question, q.help].filter(Boolean).join(' ')} hideLegend values={yesNo(false)} value={answers[q.code]} onChange={(v) => set({ [q.code]: v })} />
          </div>
        ))}
      </form>
      <p class="small second">{word('health.open')}</p>
    </Screen>
  );
}
