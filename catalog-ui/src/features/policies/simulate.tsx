import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { FileChooser } from '@/features/policies/file-chooser';
import { Outcome } from '@/features/policies/outcome';
import { type Changed, patchOf } from '@/features/policies/patch';
import {
  fileQuery,
  type Policies,
  policiesQuery,
  type Texts,
  workOut,
} from '@/features/policies/queries';
import { filesOf } from '@/features/policies/rules';
import { TextEditor } from '@/features/policies/text-editor';
import { t } from '@/features/policies/words';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { CopyButton } from '@/ui/copy-button';
import { cx } from '@/ui/cx';
import { Diff } from '@/ui/diff';
import { useShortcut } from '@/ui/keyboard/use-shortcut';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { ProblemView } from '@/ui/states/problem-view';
import { Skeleton } from '@/ui/states/skeleton';

/** Texts that are changed on the left, what would come of them on the right. */
export function Simulate({ file }: { file: string | undefined }) {
  return (
    <Loaded query={policiesQuery} what={t('policies')}>
      {(policies) => <Bench policies={policies} first={file} />}
    </Loaded>
  );
}

interface Opened {
  path: string;
  /** The text in force; null where there is none. Nothing while it is still asked for. */
  before?: string | null;
  after: string | null;
}

function isChanged({ before, after }: Opened): boolean {
  return before !== undefined && after !== (before ?? '');
}

function Bench({ policies, first }: { policies: Policies; first: string | undefined }) {
  const [files, setFiles] = useState<Opened[]>(() => (first ? [{ path: first, after: null }] : []));
  const [shown, setShown] = useState(first ?? '');
  const working = useMutation({ mutationFn: workOut });
  const current = files.find((one) => one.path === shown) ?? files[0];
  const changed = files.filter(isChanged);
  const run = () => {
    if (changed.length > 0) working.mutate(textsOf(changed));
  };
  useShortcut('mod+enter', t('run'), run);
  const write = (path: string, part: Partial<Opened>) =>
    setFiles((now) => now.map((one) => (one.path === path ? { ...one, ...part } : one)));

  const hasResult = working.isError || working.data !== undefined || changed.length > 0;
  return (
    <div
      className={cx(
        'grid items-start gap-5',
        hasResult && 'xl:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]',
      )}
    >
      <div className="flex min-w-0 flex-col gap-4">
        <FileChooser
          known={filesOf(policies)}
          open={files.map((one) => ({ path: one.path, isChanged: isChanged(one) }))}
          shown={current?.path ?? null}
          onShow={setShown}
          onOpen={(path) => {
            setFiles((now) =>
              now.some((one) => one.path === path) ? now : [...now, { path, after: null }],
            );
            setShown(path);
          }}
          onClose={(path) => setFiles((now) => now.filter((one) => one.path !== path))}
        />
        {current ? (
          <Loaded key={current.path} query={fileQuery(current.path)} what={t('text')}>
            {(inForce) => (
              <OpenFile
                file={current}
                inForce={inForce}
                revision={policies.revision}
                onChange={(part) => write(current.path, part)}
              />
            )}
          </Loaded>
        ) : (
          <Empty why="none" title={t('noFiles')} detail={t('noFilesDetail')} />
        )}
        <div className="flex flex-wrap items-center gap-3">
          <Button
            kind="primary"
            onPress={run}
            isDisabled={working.isPending || changed.length === 0}
          >
            {t(working.isPending ? 'running' : 'run')}
          </Button>
          {files.length > 0 && changed.length === 0 ? (
            <span className="text-ink-soft">{t('unchangedTexts')}</span>
          ) : null}
        </div>
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        {working.isError ? <ProblemView error={working.error} onRetry={run} /> : null}
        {working.data ? <Outcome worked={working.data} /> : null}
        {changed.length > 0 ? <PatchCard changed={changed} /> : null}
      </div>
    </div>
  );
}

interface OpenFileProps {
  file: Opened;
  inForce: string | null;
  revision: string;
  onChange: (part: Partial<Opened>) => void;
}

/** The file that is shown. What was written in it stays when the text in force changes under it. */
function OpenFile({ file, inForce, revision, onChange }: OpenFileProps) {
  const { path, before, after } = file;
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (before === undefined) latest.current({ before: inForce, after: inForce ?? '' });
  }, [before, inForce]);
  if (before === undefined) return <Skeleton className="h-80" />;
  return (
    <>
      <p className="text-sm text-ink-soft">
        {before === null ? t('isNew') : t('committed', revision.slice(0, 7))}
      </p>
      <TextEditor
        label={t('editor', path)}
        text={after ?? ''}
        onChange={(text) => onChange({ after: text })}
      />
    </>
  );
}

function textsOf(changed: readonly Opened[]): Texts {
  return Object.fromEntries(changed.map(({ path, after }) => [path, withLastBreak(after)]));
}

/** A file ends with a line break, whatever an editor shows. */
function withLastBreak(text: string | null): string | null {
  return text === null || text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** The UI changes nothing that git declares: what was tried here leaves as a patch. */
function PatchCard({ changed }: { changed: readonly Opened[] }) {
  const files: Changed[] = changed.map(({ path, before, after }) => ({
    path,
    before: before ?? null,
    after: withLastBreak(after),
  }));
  return (
    <Card
      title={t('patch')}
      aside={<CopyButton kind="secondary" text={patchOf(files)} label={t('copyPatch')} />}
    >
      <p className="mb-3 text-sm text-ink-soft">
        {t('patchHint')} <code className="font-mono">{t('patchHow')}</code>
      </p>
      <div className="flex flex-col gap-3">
        {files.map(({ path, before, after }) => (
          <div key={path}>
            <p className="mb-1 font-mono text-sm break-all">{path}</p>
            <Diff label={path} before={(before ?? '').trimEnd()} after={(after ?? '').trimEnd()} />
          </div>
        ))}
      </div>
    </Card>
  );
}
