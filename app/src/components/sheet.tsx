import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { refind } from './focus';

/** A native dialog from below: Escape closes it, and focus goes back. For a choice or a short read, never for a warning. */
export function Sheet({ open, onClose, label, children }: { open: boolean; onClose: () => void; label: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !box.current?.open) box.current?.showModal();
    if (!open && box.current?.open) box.current.close();
  }, [open]);
  return (
    <dialog class="sheet" ref={box} aria-label={label} onClose={() => { onClose(); refind(); }} onClick={(e) => { if (e.target === box.current) box.current?.close(); }}>
      {open && children}
    </dialog>
  );
}
