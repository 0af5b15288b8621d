import { X } from 'lucide-react';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { Status, type Tone } from '@/ui/badge';
import { Button } from '@/ui/button';
import { t } from '@/words/shell';

export interface ToastContent {
  tone?: Tone;
  title: string;
  detail?: ReactNode;
  /** Where it leads. A toast with an action stays until it is answered or dismissed. */
  action?: { label: string; onAction: () => void };
  /** Also without an action, for news of decisions. */
  stays?: boolean;
}

interface Toast extends ToastContent {
  id: number;
}

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Shows news at the edge of the page. Nothing that needs a decision goes away by itself (WCAG 2.2.1). */
export function showToast(content: ToastContent): number {
  const id = nextId;
  nextId += 1;
  change([...toasts.slice(-3), { ...content, id }]);
  return id;
}

export function dismissToast(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

const secondsShown = 8;

function ToastCard({ toast }: { toast: Toast }) {
  const stays = toast.stays === true || toast.action !== undefined || toast.tone === 'bad';
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(() => dismissToast(toast.id), secondsShown * 1000);
    return () => clearTimeout(timer);
  }, [stays, toast.id]);
  return (
    <li className="animate-arrive flex items-start gap-3 rounded-lg border border-line bg-raised py-2.5 pr-2 pl-3.5 shadow-high">
      <div className="min-w-0 flex-1 py-0.5">
        <Status tone={toast.tone ?? 'info'} className="font-medium">
          {toast.title}
        </Status>
        {toast.detail ? (
          <div className="mt-0.5 pl-5 text-sm text-ink-soft">{toast.detail}</div>
        ) : null}
      </div>
      {toast.action ? (
        <Button
          size="small"
          onPress={() => {
            toast.action?.onAction();
            dismissToast(toast.id);
          }}
        >
          {toast.action.label}
        </Button>
      ) : null}
      <Button
        kind="quiet"
        size="icon"
        aria-label={t('dismiss')}
        onPress={() => dismissToast(toast.id)}
        className="size-7"
      >
        <X aria-hidden className="size-4" />
      </Button>
    </li>
  );
}

export function ToastRegion() {
  const shown = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => toasts,
  );
  return (
    <section
      aria-label={t('notifications')}
      className="pointer-events-none fixed right-3 bottom-16 z-50 w-[min(26rem,calc(100vw-1.5rem))] md:bottom-4"
    >
      <ol aria-live="polite" className="flex flex-col gap-2 *:pointer-events-auto">
        {shown.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </ol>
    </section>
  );
}
