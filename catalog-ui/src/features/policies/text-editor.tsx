import { yaml } from '@codemirror/lang-yaml';
import { StreamLanguage } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { codeEditor } from '@/ui/code-editor';

export interface TextEditorProps {
  label: string;
  /** Its ending says how the text is coloured. */
  path: string;
  /** The text at first; afterwards the editor holds it. */
  text: string;
  onChange: (text: string) => void;
  autoFocus?: boolean;
  /** Ctrl or Cmd with Enter. */
  onRun: () => void;
}

/** Rows of casbin: the kind of row, then its cells; `#` begins a comment. */
const csv = StreamLanguage.define({
  name: 'policy-csv',
  token(stream) {
    if (stream.sol() && stream.match(/#.*/)) return 'comment';
    if (stream.sol() && stream.match(/(p|g|g2)(?=\s*,)/)) return 'keyword';
    if (stream.match(/(allow|deny)\b/)) return 'keyword';
    if (stream.match(/[a-z_]+:[^,\s]+/)) return 'name';
    stream.next();
    return null;
  },
});

const look = EditorView.theme({
  '&': {
    border: '1px solid var(--line-strong)',
    borderRadius: '0.375rem',
    fontSize: '0.8125rem',
    maxHeight: '32rem',
    minHeight: '16rem',
  },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
});

/** A text of rules or of a manifest. */
export function TextEditor(props: TextEditorProps) {
  const { label, path, text, onChange, onRun, autoFocus } = props;
  const place = useRef<HTMLDivElement>(null);
  const first = useRef(text);
  const focusAtFirst = useRef(autoFocus);
  const latest = useRef({ onChange, onRun });
  useEffect(() => {
    latest.current = { onChange, onRun };
  });
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          /\.ya?ml$/.test(path) ? yaml() : csv,
          look,
          codeEditor({
            label,
            onChange: (now) => latest.current.onChange(now),
            onRun: () => latest.current.onRun(),
          }),
        ],
      }),
    });
    if (focusAtFirst.current) view.focus();
    return () => view.destroy();
  }, [label, path]);
  return <div ref={place} />;
}
