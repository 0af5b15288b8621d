import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { FileChooser } from '@/features/policies/file-chooser';
import { Outcome } from '@/features/policies/outcome';
import { type Changed, patchOf } from '@/features/policies/patch';
import { type Policies, policiesQuery, type Texts, workOut } from '@/features/policies/queries';
import { filesOf, rebuilt } from '@/features/policies/rules';
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

const TextEditor = lazy(() =>
  import('@/features/policies/text-editor').then((m) => ({ default: m.TextEditor })),
);

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
  /** The text in force; null where it is not known, or there is none. */
  before: string | null;
  after: string | null;
}

function opened(policies: Policies, path: string): Opened {
  const before = rebuilt(policies, path);
  return { path, before, after: before ?? '' };
}

function Bench({ policies, first }: { policies: Policies; first: string | undefined }) {
  const [files, setFiles] = useState<Opened[]>(() => (first ? [opened(policies, first)] : []));
  const [shown, setShown] = useState(first ?? '');
  const working = useMutation({ mutationFn: workOut });
  const current = files.find((one) => one.path === shown) ?? files[0];
  const changed = files.filter((one) => one.after !== (one.before ?? ''));
  const run = () => {
    if (changed.length > 0) working.mutate(textsOf(changed));
  };
  useShortcut('mod+enter', t('run'), run);
  const write = (path: string, after: string | null) =>
    setFiles((now) => now.map((one) => (one.path === path ? { ...one, after } : one)));

  const hasResult = working.isError || working.data !== undefined || changed.length > 0;
  return (
    <div className={cx('grid items-start gap-5', hasResult && 'xl:grid-cols-2')}>
      <div className="flex min-w-0 flex-col gap-4">
        <FileChooser
          known={filesOf(policies)}
          open={files.map(({ path, before, after }) => ({
            path,
            isChanged: after !== (before ?? ''),
          }))}
          shown={current?.path ?? null}
          onShow={setShown}
          onOpen={(path) => {
            setFiles((now) =>
              now.some((one) => one.path === path) ? now : [...now, opened(policies, path)],
            );
            setShown(path);
          }}
          onClose={(path) => setFiles((now) => now.filter((one) => one.path !== path))}
        />
        {current ? (
          <>
            <p className="text-sm text-ink-soft">
              {t(current.before === null ? 'pasted' : 'rebuilt')}
            </p>
            <Suspense fallback={<Skeleton className="h-80" />}>
              <TextEditor
                key={current.path}
                label={t('editor', current.path)}
                path={current.path}
                text={current.after ?? ''}
                onChange={(text) => write(current.path, text)}
                onRun={run}
              />
            </Suspense>
          </>
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

function textsOf(changed: readonly Opened[]): Texts {
  return Object.fromEntries(changed.map(({ path, after }) => [path, after]));
}

/** The UI changes nothing that git declares: what was tried here leaves as a patch. */
function PatchCard({ changed }: { changed: readonly Changed[] }) {
  return (
    <Card
      title={t('patch')}
      aside={<CopyButton kind="secondary" text={patchOf(changed)} label={t('copyPatch')} />}
    >
      <p className="mb-3 text-sm text-ink-soft">
        {t('patchHint')} <code className="font-mono">{t('patchHow')}</code>
      </p>
      <div className="flex flex-col gap-3">
        {changed.map(({ path, before, after }) => (
          <div key={path}>
            <p className="mb-1 font-mono text-sm break-all">{path}</p>
            <Diff label={path} before={before ?? ''} after={after ?? ''} />
          </div>
        ))}
      </div>
    </Card>
  );
}
