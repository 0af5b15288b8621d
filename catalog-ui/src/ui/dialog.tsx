import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '@/ui/button';
import { cx } from '@/ui/cx';
import { t } from '@/words/shell';

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at the foot; the one that closes without doing anything comes first. */
  footer?: ReactNode;
  /** `drawer` comes from the right and leaves the page in sight: for looking closer at one of many things. */
  look?: 'dialog' | 'drawer';
  width?: 'narrow' | 'medium' | 'wide';
  /** For questions that must be answered: a click beside it does not close it. */
  role?: 'dialog' | 'alertdialog';
}

const widths = { narrow: 'max-w-md', medium: 'max-w-xl', wide: 'max-w-4xl' };

/** A layer over the page. Focus stays inside; Escape closes and gives the focus back. */
export function Dialog(props: DialogProps) {
  const {
    title,
    isOpen,
    onClose,
    children,
    footer,
    look = 'dialog',
    width = 'medium',
    role,
  } = props;
  const drawer = look === 'drawer';
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={role !== 'alertdialog'}
      className={cx(
        'fixed inset-0 z-40 flex bg-scrim',
        drawer ? 'justify-end' : 'items-start justify-center overflow-y-auto p-3 sm:p-[8vh]',
      )}
    >
      <Modal
        className={cx(
          'animate-arrive w-full border-line bg-raised shadow-high',
          widths[width],
          drawer ? 'h-dvh overflow-y-auto border-l' : 'rounded-xl border',
        )}
      >
        <AriaDialog role={role} className="flex min-h-full flex-col outline-none">
          <header
            className={cx(
              'flex items-start gap-3 border-b border-line bg-raised px-5 py-3.5',
              drawer ? 'sticky top-0 z-10' : 'rounded-t-xl',
            )}
          >
            <Heading slot="title" className="min-w-0 flex-1 pt-1 text-lg font-semibold break-words">
              {title}
            </Heading>
            <Button kind="quiet" size="icon" aria-label={t('close')} onPress={onClose}>
              <X aria-hidden className="size-4" />
            </Button>
          </header>
          <div className="flex-1 px-5 py-4">{children}</div>
          {footer ? (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3.5">
              {footer}
            </footer>
          ) : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
