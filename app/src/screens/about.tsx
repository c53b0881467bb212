// What it is for, the levels of a warning, the rules in force, what is built in.
import { useEffect, useState } from 'preact/hooks';
import { api, need } from '../core/api';
import { catalogue, tierText, word } from '../core/catalogue';
import { get, put } from '../core/db';
import { list, t, tn } from '../core/words';
import type { Knowledge } from '../core/types';
import { focusOn } from '../components/focus';
import { Empty, Field, Fold, Group } from '../components/fields';
import { Icon } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { TierSteps, tierIcon, tiers } from '../components/warn';

type Rule = Knowledge['rules'][number];

/** The rules that hold every word that is looked for, in id or text. */
export function find(rules: Rule[], text: string): Rule[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rules.filter((r) => { const body = `${r.id} ${r.summary} ${r.sources.join(' ')}`.toLowerCase(); return words.every((w) => body.includes(w)); });
}

/** What is built in, with the licence of each. */
const parts = [['Preact', 'MIT'], ['lean-qr', 'MIT']];
const shown = 12;

export default function About() {
  const [knowledge, setKnowledge] = useState<Knowledge | null>(); // null once it is known that there is none
  const [api_, setApi] = useState('');
  useEffect(() => {
    void (async () => {
      setKnowledge(await get<Knowledge>('knowledge'));
      try {
        const now = await need(api.GET('/v1/knowledge'));
        setKnowledge(now);
        await put('knowledge', now);
        setApi((await need(api.GET('/v1/meta'))).api_version);
      } catch { setKnowledge((kept) => kept ?? null); }
    })();
  }, []);
  return (
    <Screen title={t('about.title')} back="/app/more" tab="more">
      <Banner />
      <section class="card" aria-labelledby="for">
        <h2 id="for">{t('about.for')}</h2>
        <p class="small">{catalogue.value?.intended_use}</p>
        {knowledge && <p class="row row--wrap"><span class="tag">{t('about.knowledge', { version: knowledge.kb_version })}</span><span class="tag">{knowledge.reviewed_by ? t('about.by', { who: knowledge.reviewed_by }) : t('about.nobody')}</span></p>}
        {catalogue.value && !catalogue.value.reviewed && <p class="small second">{word('about.unreviewed')}</p>}
      </section>
      <Group id="levels" title={word('about.levels')}>
        <ul class="card card--flush">
          {tiers.slice(1).map((tier) => <li key={tier}><div class="item"><Icon name={tierIcon(tier)} /><span class="grow"><b>{tierText(tier).title}</b><span>{tierText(tier).what}</span></span><TierSteps tier={tier} /></div></li>)}
        </ul>
      </Group>
      {/* What comes after the rules comes with them: whoever is there already is not pushed out of sight. */}
      {knowledge !== undefined && <><Group id="rules" title={t('about.rules')}>{knowledge ? <Rules all={knowledge.rules} /> : <Empty icon="book" title={t('about.offline')} />}</Group>
      <Fold card icon="book" title={t('about.licences')}>
        <ul class="small">{parts.map(([name, licence]) => <li key={name}>{name}: {licence}</li>)}</ul>
        {knowledge && <p class="small second">{t('about.versions')}: {t('about.server', { api: api_, kb: knowledge.kb_version })}</p>}
      </Fold></>}
    </Screen>
  );
}

function Rules({ all }: { all: Rule[] }) {
  const [text, setText] = useState('');
  const [whole, setWhole] = useState(false);
  const found = find(all, text);
  return (
    <>
      <Field label={t('about.find')} help={`${t('about.find_hint')}. ${t('about.rules_note')}`}>
        {(p) => <input {...p} type="search" value={text} onInput={(e) => { setText(e.currentTarget.value); setWhole(false); }} />}
      </Field>
      <p class="small second" role="status">{tn('about.found', found.length)}</p>
      <ul class="card card--flush">
        {(whole ? found : found.slice(0, shown)).map((r) => (
          <li key={r.id}>
            <details class="item item--block fold">
              <summary><span class="grow small" lang="en">{r.summary}</span><span class="tag num">{r.id}</span><Icon name="down" /></summary>
              <p class="small second">
                {r.sources.length > 0 && t('about.sources', { list: list(r.sources) })} {r.confidence && t('about.confidence', { how: ['high', 'medium', 'low'].includes(r.confidence) ? t(`about.how_${r.confidence}`) : r.confidence })}
              </p>
            </details>
          </li>
        ))}
      </ul>
      {!whole && found.length > shown && <button type="button" class="btn" onClick={() => { setWhole(true); focusOn('#rules ~ ul summary', shown); }}>{t('about.more_rules')}</button>}
    </>
  );
}
