// A warning, its four answers, and ten seconds to take one back.
import { keepRow, one } from '../core/mirror';
import { label, word } from '../core/catalogue';
import { act, entries } from '../core/outbox';
import { sync } from '../core/sync';
import { dateTime, t } from '../core/words';
import type { Action, Row, Warning as Row_ } from '../core/types';
import { route, type Way } from '../core/way';
import { Choice, Fold } from '../components/fields';
import { Icon, Item } from '../components/parts';
import { Banner, Screen } from '../components/shell';
import { say } from '../components/toast';
import { Calls, HelpList, Warn } from '../components/warn';

const actions = [['will_book', 'phone'], ['booked', 'calendar'], ['seen', 'doctor'], ['watching', 'eye']] as const;

export default function Warning({ params }: Way) {
  const warning = one<Row_>('warnings', params.id);
  if (!warning) return <Screen title={t('home.warning')} quiet back="/app"><Banner /><p>{t('home.warning_gone')}</p></Screen>;
  const waiting = entries.value.filter((e) => e.path?.startsWith(`/v1/warnings/${warning.id}/`)).at(-1);
  const chosen = waiting ? (waiting.body as { action?: Action } | undefined)?.action : (warning.action ?? undefined);
  const answer = async (action: string) => {
    const before = warning.action;
    await act('POST', `/v1/warnings/${warning.id}/acknowledge`, { action }, 'core.entry_warning');
    void sync();
    say(t('home.answered', { answer: label('actions', action) }), async () => {
      if (before) await act('POST', `/v1/warnings/${warning.id}/acknowledge`, { action: before }, 'core.entry_warning');
      else {
        await act('DELETE', `/v1/warnings/${warning.id}/acknowledgement`, undefined, 'core.entry_warning');
        await keepRow('warnings', { ...(warning as unknown as Row), state: 'active', action: null, acknowledged_at: null });
      }
      void sync();
    });
  };
  const open = warning.state === 'active' || warning.state === 'acknowledged';
  return (
    <Screen title={t('home.warning')} quiet back="/app" tab="today">
      <Banner />
      <Warn tier={warning.tier} title={warning.title} message={warning.message} focus />
      {open ? (
        <Choice grid name="answer" legend={word('warning.what')} value={chosen} onChange={(v) => void answer(v)}
          options={actions.map(([value, icon]) => ({ value, icon, title: label('actions', value), note: word(`warning.${value}`) || undefined }))} />
      ) : <p class="second">{t(`home.warning_${warning.state}`)}</p>}
      {open && <button type="button" class="btn btn--wide btn--tall" onClick={() => route('/app/check-in')}><Icon name="hand" size="s" />{word('warning.gone')}</button>}
      <Fold card icon="info" title={t('home.help_earlier')}><HelpList lines={warning.get_help_if} /></Fold>
      <Calls />
      <p class="small second">{t('home.raised', { when: dateTime(warning.raised_at), rule: warning.rule })}</p>
      <Item alone icon="note" title={t('home.doctor_page')} note={t('home.doctor_page_note')} href="/app/doctor" />
    </Screen>
  );
}
