import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { problemText } from '../core/problem';
import { t } from '../core/words';
import { once, refind } from './focus';
import { Wrong } from './parts';

/**
 * A native dialog from below, with its title: Escape or its button closes it, and focus goes back. The button has the focus
 * first, and stands last. For a choice or a short read, never for a warning.
 */
export function Sheet({ open, onClose, title, no, children }: { open: boolean; onClose: () => void; title: string; no?: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !box.current?.open) box.current?.showModal();
    if (!open && box.current?.open) box.current.close();
  }, [open]);
  const close = () => box.current!.close();
  return (
    <dialog class="sheet" ref={box} aria-label={title} aria-describedby="sheet-lead" onClose={() => { onClose(); refind(); }} onClick={(e) => { if (e.target === box.current) close(); }}>
      {open && <><h2>{title}</h2><button type="button" class={`btn sheet__close${no ? ' btn--main' : ''}`} onClick={close}>{no ?? t('core.close')}</button>{children}</>}
    </dialog>
  );
}

/** A last question in plain words, in a sheet whose button says no. It stays until it is done, and says what went wrong. */
export function Sure({ lead, yes, onYes, children }: { lead: string; yes: string; onYes: () => Promise<void>; children?: ComponentChildren }) {
  const [said, say] = useState('');
  const go = async () => {
    say(t('core.wait'));
    await onYes().catch((e) => say(problemText(e)));
  };
  return (
    <>
      <p id="sheet-lead">{lead}</p>
      {children}
      <Wrong text={said} />
      <button type="button" class="btn" onClick={() => void once('sure', go)}>{yes}</button>
    </>
  );
}
