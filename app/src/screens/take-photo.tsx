// The camera with the last picture as a ghost over it; a file where there is no
// camera, or where it was not allowed. What is taken stays on this phone.
import { useEffect, useRef, useState } from 'preact/hooks';
import { word } from '../core/catalogue';
import { get, put } from '../core/db';
import { newId } from '../core/ids';
import { all } from '../core/mirror';
import { remove, save } from '../core/outbox';
import { address, deletePhoto, develop, keepPhoto, nextView, ofView, photos, viewOf } from '../core/photos';
import { today } from '../core/rollers';
import { sync } from '../core/sync';
import { dayOf, t } from '../core/words';
import type { ProgressNote, Row } from '../core/types';
import { route, type Way } from '../core/way';
import { focusOn, once } from '../components/focus';
import { Box } from '../components/fields';
import { Icon, Shape, Wrong } from '../components/parts';
import { asked, viewName, Views } from '../components/photos';
import { Screen } from '../components/shell';
import { say } from '../components/toast';

type Mode = 'ask' | 'live' | 'refused' | 'none';
const delay = 5;
/** Takes the picture. */
const shutter = 'main .btn--main';

/** The row that says that pictures were taken, once a day. */
async function noteIt(): Promise<Row | undefined> {
  const day = today();
  if (all<ProgressNote>('progress').some((n) => n.on === day && n.photo_taken)) return undefined;
  const row: Row = { id: newId(), on: day, by: 'self', photo_taken: true };
  await save('progress', row, 'progress.entry');
  void sync();
  return row;
}

export default function TakePhoto({ query }: Way) {
  const list = photos.value ?? [];
  const view = viewOf(asked(query) ?? nextView(list, new Date()));
  const [mode, setMode] = useState<Mode>('ask');
  const [facing, setFacing] = useState<'user' | 'environment'>(view === 'front' ? 'user' : 'environment');
  const [taken, setTaken] = useState<{ blob: Blob; url: string }>();
  const [error, setError] = useState('');
  const [note, setNote] = useState(false);
  useEffect(() => { void get<boolean>('photo-note').then((on) => { if (on) setNote(true); }); }, []);
  useEffect(() => { void startIfAllowed(() => setMode('live')); }, []);
  useEffect(() => () => { if (taken) URL.revokeObjectURL(taken.url); }, [taken]);
  useEffect(() => { setTaken(undefined); setFacing(view === 'front' ? 'user' : 'environment'); }, [view]);

  const show = (blob: Blob) => { setError(''); setTaken({ blob, url: URL.createObjectURL(blob) }); focusOn('.foot .btn--main'); };
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      show(await develop(await createImageBitmap(file, { imageOrientation: 'from-image' })));
    } catch {
      setError(t('progress.no_picture'));
    }
  };
  const keep = async () => {
    const photo = await keepPhoto(view, taken!.blob);
    void navigator.storage?.persist?.(); // asks that the browser does not clear them when space is short
    const row = note ? await noteIt() : undefined;
    const next = nextView([...list, photo], new Date());
    route(next ? `/app/photos/take?view=${next}` : `/app/photos?view=${view}`, true);
    say(t('progress.kept', { view: viewName(view) }), async () => {
      await deletePhoto(photo.id);
      if (row) { await remove('progress', row, 'core.entry_removed'); void sync(); }
      route(`/app/photos/take?view=${view}`, true);
    });
  };
  const ghost = ofView(list, view).at(-1);
  const done = new Set(list.filter((p) => today(new Date(p.at)) === today()).map((p) => p.view));
  return (
    <Screen title={t('progress.take')} close={`/app/photos?view=${view}`}
      foot={taken
        ? <div class="pair pair--two"><button type="button" class="btn btn--tall" onClick={() => { setTaken(undefined); focusOn(shutter); }}>{t('progress.again')}</button><button type="button" class="btn btn--main btn--tall" onClick={() => void once('photo', keep)}>{t('progress.keep')}</button></div>
        : mode !== 'live' ? <Start mode={mode} onCamera={() => { setMode('live'); focusOn(shutter); }} onFile={(f) => void read(f)} /> : undefined}>
      <Views now={view} base="/app/photos/take" taken={done} />
      <Wrong text={error} />
      {taken ? <div class="shot"><img src={taken.url} alt={t('progress.just_taken', { view: viewName(view) })} /></div>
        : mode === 'live' ? <Camera key={facing} facing={facing} ghost={ghost && address(ghost)} onTurn={() => { setFacing(facing === 'user' ? 'environment' : 'user'); focusOn('main .btn--plain'); }} onTaken={show} onRefused={setMode} />
          : <div class="shot shot--wide">{ghost && <img class="shot__ghost" src={address(ghost)} alt="" />}<Guide />{ghost && <span class="shot__tag shot__tag--a">{t('progress.ghost', { day: dayOf(ghost.at) })}</span>}</div>}
      {mode === 'refused' && !taken && <p role="status">{t('progress.refused')}</p>}
      {mode === 'none' && !taken && <p role="status">{t('progress.no_camera')}</p>}
      <p class="small second">{word('photo.how')}</p>
      <Box title={t('progress.note_it')} note={t('progress.note_it_help')} checked={note} onChange={(on) => { setNote(on); void put('photo-note', on); }} />
      <p class="row small second"><Icon name="lock" size="s" /><span>{word('photo.stay')}</span></p>
    </Screen>
  );
}

/** Starts at once where the person has allowed it before: the question is never asked at the door. */
async function startIfAllowed(start: () => void): Promise<void> {
  try {
    const state = await navigator.permissions.query({ name: 'camera' as PermissionName });
    if (state.state === 'granted') start();
  } catch { /* a browser that does not tell is asked by a tap */ }
}

function Start({ mode, onCamera, onFile }: { mode: Mode; onCamera: () => void; onFile: (f: File | undefined) => void }) {
  return (
    <>
      {mode === 'ask' && <button type="button" class="btn btn--main btn--wide btn--tall" onClick={onCamera}><Icon name="photos" size="s" />{t('progress.use_camera')}</button>}
      <label class={`btn btn--wide btn--tall pick${mode === 'ask' ? '' : ' btn--main'}`}>
        <input type="file" accept="image/*" onChange={(e) => { onFile(e.currentTarget.files?.[0]); e.currentTarget.value = ''; }} />{t('progress.file')}
      </label>
      {mode === 'refused' && <button type="button" class="btn btn--plain" onClick={onCamera}>{t('progress.try_again')}</button>}
    </>
  );
}

/** Outline of the head and a cross, to hold it alike. */
function Guide() {
  return (
    <svg viewBox="0 0 320 400" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
      <Shape name="guide" cls="shot__guide" />
    </svg>
  );
}

function Camera({ facing, ghost, onTurn, onTaken, onRefused }: { facing: 'user' | 'environment'; ghost?: string; onTurn: () => void; onTaken: (b: Blob) => void; onRefused: (m: Mode) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [ready, setReady] = useState(false);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let over = false;
    const stop = (s: MediaStream | undefined) => s?.getTracks().forEach((track) => track.stop());
    void (async () => {
      try {
        if (!navigator.mediaDevices) throw new DOMException('', 'NotFoundError');
        const got = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: facing }, width: { ideal: 1920 }, height: { ideal: 1440 } } });
        if (over) return stop(got);
        stream = got;
        video.current!.srcObject = got;
        await video.current!.play();
        setReady(true);
      } catch (e) {
        if (!over) onRefused((e as DOMException).name === 'NotAllowedError' ? 'refused' : 'none');
      }
    })();
    return () => { over = true; stop(stream); };
  }, [facing]);
  const shoot = async () => { if (!ready) return; navigator.vibrate?.(60); onTaken(await develop(video.current!)); };
  useEffect(() => {
    if (left === 0) return undefined;
    const timer = setTimeout(() => { if (left === 1) void shoot(); setLeft(left - 1); }, 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <>
      <div class={`shot${facing === 'user' ? ' shot--mirror' : ''}`}>
        <video ref={video} playsInline muted aria-label={t('progress.camera')} />
        {ghost && <img class="shot__ghost" src={ghost} alt="" />}
        <Guide />
        {ghost && <span class="shot__tag shot__tag--a">{t('progress.ghost_short')}</span>}
        <span class="shot__count" role="status">{left > 0 ? left : ''}</span>
      </div>
      <div class="pair pair--two">
        <button type="button" class="btn btn--main btn--tall" aria-disabled={!ready} onClick={() => void shoot()}><Icon name="photos" size="s" />{t('progress.shoot')}</button>
        <button type="button" class="btn btn--tall" aria-disabled={!ready} onClick={() => ready && setLeft(left > 0 ? 0 : delay)}><Icon name={left > 0 ? 'close' : 'clock'} size="s" />{left > 0 ? t('progress.stop') : t('progress.delayed', { n: delay })}</button>
      </div>
      <button type="button" class="btn btn--plain" onClick={onTurn}>{t('progress.turn')}</button>
    </>
  );
}
