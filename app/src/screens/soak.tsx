// Ten minutes in alcohol. The end is kept as a time, so that a reload or a
// screen that is off does not stop it.
import { useEffect, useState } from 'preact/hooks';
import { word } from '../core/catalogue';
import { draft, keepDraft } from '../core/worker';
import { t } from '../core/words';
import { Icon } from '../components/parts';
import { Marks } from '../components/ring';
import { day, marks } from '../components/ring-marks';
import { Screen } from '../components/shell';

interface Timer { end: number; paused?: number }
const minute = 60_000;
const whole = 10 * minute;
/** How long it is worth saying that the time is over. */
const lately = 6 * whole;

export default function Soak() {
  const [timer, setTimer] = useState<Timer>();
  const [now, setNow] = useState(Date.now());
  const keep = (next: Timer) => { setTimer(next); setNow(Date.now()); void keepDraft('soak', next); };
  useEffect(() => {
    void draft<Timer>('soak').then((d) => (d && (d.paused || d.end > Date.now() - lately) ? setTimer(d) : keep({ end: Date.now() + whole })));
    const tick = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(tick);
  }, []);
  const left = timer ? Math.max(0, timer.paused ?? timer.end - now) : whole;
  const over = left === 0;
  useEffect(() => { if (over) { navigator.vibrate?.(400); chime(); void keepDraft('soak', undefined); } }, [over]);
  const pause = () => timer && keep(timer.paused === undefined ? { ...timer, paused: left } : { end: Date.now() + timer.paused });
  const longer = () => timer && keep(timer.paused === undefined ? { end: Math.max(timer.end, Date.now()) + minute } : { ...timer, paused: timer.paused + minute });
  const seconds = Math.ceil(left / 1000);
  return (
    <Screen title={t('log.soak')} close="/app/rolled"
      foot={
        <div class="pair pair--equal">
          <button type="button" class="btn btn--tall" onClick={pause}><Icon name="pause" size="s" />{timer?.paused === undefined ? t('log.pause') : t('log.go_on')}</button>
          <button type="button" class="btn btn--tall" onClick={longer}>{t('log.longer')}</button>
        </div>
      }>
      <section class="rest">
        <div class="ring ring--timer">
          <svg viewBox="0 0 280 280" aria-hidden="true"><Marks of={marks(0, tenDays, (1 - left / whole) * tenDays)} d={circle} /></svg>
          <p class="ring__text" role="timer"><span class="ring__word num">{`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`}</span><span class="ring__sub">{over ? t('log.soaked_done') : t('log.of_ten')}</span></p>
        </div>
        <p class="rest__until">{word('soak.lead')}</p>
        <p class="rest__why">{t('log.soak_note')}</p>
        <p class="vh" role="status">{over ? t('log.soaked_done') : ''}</p>
      </section>
      {word('soak.then.1') && (
        <section class="card"><h2>{word('soak.then')}</h2>
          <ol class="helplist">{['breath', 'lock', 'info'].map((icon, i) => <li key={icon}><Icon name={icon} /><span>{word(`soak.then.${i + 1}`)}</span></li>)}</ol>
        </section>
      )}
    </Screen>
  );
}

/** Ten arcs, one a minute: marks are counted by days. */
const tenDays = 10 * day;
const circle = 'M140 20a120 120 0 1 1-.1 0';

/** Two soft tones; without sound where the browser wants a touch first. */
function chime(): void {
  try {
    const audio = new AudioContext();
    for (const [i, pitch] of [523, 659].entries()) {
      const [tone, volume] = [audio.createOscillator(), audio.createGain()];
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.15, audio.currentTime + i * 0.3);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + i * 0.3 + 0.6);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + i * 0.3);
      tone.stop(audio.currentTime + i * 0.3 + 0.6);
    }
  } catch { /* a phone without sound still shows and vibrates */ }
}
