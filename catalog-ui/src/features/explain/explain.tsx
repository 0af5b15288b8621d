import { useNavigate } from '@tanstack/react-router';
import { type ExplainRequest, explainQuery } from '@/api/access';
import { useSession } from '@/app/session';
import { Answer } from '@/features/explain/answer';
import { type Asked, QuestionForm } from '@/features/explain/question-form';
import { t } from '@/features/explain/words';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code } from '@/ui/code-block';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';

export interface ExplainProps {
  asked: Asked;
  /** Names what was recorded for one query; goes before any question. */
  explainId?: string;
}

/** One question about access and its answer. The address holds the question, so that an answer can be shared. */
export function Explain({ asked, explainId }: ExplainProps) {
  const navigate = useNavigate();
  const { me } = useSession();
  const question = explainId ? { explainId } : questionOf(asked);
  return (
    <div className="flex flex-col gap-5">
      {explainId ? (
        <Card
          title={t('question')}
          aside={
            <ButtonLink size="small" to="/access/explain">
              {t('askOther')}
            </ButtonLink>
          }
        >
          {t('byIdLead')} {t('explainId')} <Code>{explainId}</Code>
        </Card>
      ) : (
        <QuestionForm
          key={JSON.stringify(asked)}
          asked={asked}
          onAsk={(next) => void navigate({ to: '/access/explain', search: next })}
        />
      )}
      {question === null ? (
        <Empty why="none" title={t('choosePort')} detail={t('choosePortDetail')} />
      ) : (
        <Loaded query={explainQuery(question)} what={t('answer')}>
          {(answers) =>
            answers.length === 0 ? (
              <Empty why="no-match" title={t('nothingFor', explainId ?? '')} />
            ) : (
              answers.map((answer) => (
                <Answer
                  key={`${answer.port} ${answer.at}`}
                  answer={answer}
                  explainId={explainId}
                  isOwn={answer.principal === `${me.kind}:${me.principal}`}
                />
              ))
            )
          }
        </Loaded>
      )}
    </div>
  );
}

/** What the server is asked; null while no port is chosen. */
export function questionOf(asked: Asked): ExplainRequest | null {
  if (!asked.what) return null;
  const at = asked.at ? new Date(asked.at) : null;
  return {
    port: asked.what,
    who: asked.who ?? null,
    column: asked.col ?? null,
    purpose: asked.purpose ?? null,
    at: at && !Number.isNaN(at.getTime()) ? at.toISOString() : null,
  };
}
