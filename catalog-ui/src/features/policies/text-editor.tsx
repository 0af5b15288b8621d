import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  HighlightStyle,
  StreamLanguage,
  syntaxHighlighting,
} from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { typeOver } from '@/ui/type-over';

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

const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: [tags.name, tags.propertyName], color: 'var(--code-name)' },
  { tag: [tags.string, tags.content], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool], color: 'var(--code-number)' },
]);

const look = EditorView.theme({
  '&': {
    backgroundColor: 'var(--surface)',
    color: 'var(--code-ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '0.375rem',
    fontSize: '0.8125rem',
    maxHeight: '32rem',
    minHeight: '16rem',
  },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', overflow: 'auto' },
  '.cm-gutters': {
    backgroundColor: 'var(--sunken)',
    color: 'var(--ink-faint)',
    border: 'none',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--accent-soft)' },
});

function nonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]');
  return meta?.nonce || document.querySelector('script[nonce]')?.getAttribute('nonce') || '';
}

/** A text of rules or of a manifest. Tab leaves it, since nobody may be caught in an editor. */
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
          EditorView.cspNonce.of(nonce()),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          keymap.of([
            {
              key: 'Mod-Enter',
              run: () => {
                latest.current.onRun();
                return true;
              },
            },
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          typeOver,
          history(),
          lineNumbers(),
          drawSelection(),
          highlightActiveLine(),
          EditorView.lineWrapping,
          bracketMatching(),
          /\.ya?ml$/.test(path) ? yaml() : csv,
          syntaxHighlighting(colours),
          look,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    if (focusAtFirst.current) view.focus();
    return () => view.destroy();
  }, [label, path]);
  return <div ref={place} />;
}
