import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { t } from '@/features/policies/words';
import { Button } from '@/ui/button';
import { ComboBox } from '@/ui/combo-box';
import { cx } from '@/ui/cx';

export interface FileChooserProps {
  known: readonly string[];
  open: readonly { path: string; isChanged: boolean }[];
  shown: string | null;
  onShow: (path: string) => void;
  onOpen: (path: string) => void;
  onClose: (path: string) => void;
}

/** Which files are laid over the revision, and which of them is in the editor. */
export function FileChooser({ known, open, shown, onShow, onOpen, onClose }: FileChooserProps) {
  const [path, setPath] = useState('');
  const [added, setAdded] = useState(0);
  const add = (wanted: string) => {
    const clean = wanted.trim();
    if (clean === '') return;
    onOpen(clean);
    setPath('');
    setAdded((times) => times + 1);
  };
  return (
    <div className="flex flex-col gap-3">
      <Form
        className="flex flex-wrap items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          add(path);
        }}
      >
        {/* Another field for each file: a field whose text is taken away would open its list again. */}
        <ComboBox
          key={added}
          mono
          label={t('file')}
          hint={t('fileHint')}
          placeholder="products/…/access.csv"
          options={known.map((name) => ({ id: name, label: name }))}
          value={null}
          text={path}
          onText={setPath}
          onChange={(name) => name && add(name)}
          className="min-w-0 flex-1 basis-72"
        />
        <Button type="submit" isDisabled={path.trim() === ''} className="mt-6">
          <Plus aria-hidden className="size-4" />
          {t('addFile')}
        </Button>
      </Form>
      {open.length > 0 ? (
        <ul aria-label={t('files')} className="flex flex-wrap gap-2">
          {open.map((file) => (
            <li
              key={file.path}
              className={cx(
                'flex max-w-full items-center rounded-md border',
                file.path === shown ? 'border-accent bg-accent-soft' : 'border-line bg-surface',
              )}
            >
              <Button
                kind="quiet"
                size="small"
                aria-pressed={file.path === shown}
                onPress={() => onShow(file.path)}
                className="min-w-0 shrink!"
              >
                <span className="truncate font-mono">
                  {file.path}
                  {file.isChanged ? ' *' : ''}
                </span>
              </Button>
              <Button
                kind="quiet"
                size="icon"
                aria-label={t('removeFile', file.path)}
                onPress={() => onClose(file.path)}
                className="size-7!"
              >
                <X aria-hidden className="size-3.5" />
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
