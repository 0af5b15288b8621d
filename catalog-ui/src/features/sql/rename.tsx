import { useState } from 'react';
import { type SqlTab, tabTitle } from '@/features/sql/tabs';
import { t } from '@/features/sql/words';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';
import { t as shell } from '@/words/shell';

/** Asks what a statement is to be called; nothing is its number again. */
export function Rename(props: {
  tab: SqlTab;
  onClose: () => void;
  onSave: (title: string | null) => void;
}) {
  const { tab, onClose, onSave } = props;
  const [title, setTitle] = useState(tabTitle(tab));
  const save = () => {
    onSave(title.trim() === '' ? null : title.trim());
    onClose();
  };
  return (
    <Dialog
      title={t('renameTab')}
      width="narrow"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{shell('cancel')}</Button>
          <Button kind="primary" onPress={save}>
            {t('save')}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label={t('rename')} value={title} onChange={setTitle} autoFocus maxLength={60} />
      </form>
    </Dialog>
  );
}
