/**
 * The first page: choose who to be, in front of the people that one will meet.
 */

import { type ReactElement, useState } from "react";
import { Logo } from "../icons.tsx";
import { Picture } from "../picture.tsx";
import type { Session } from "../session.ts";
import type { DemoState } from "../state.ts";
import { strings } from "../strings.ts";

/** Pictures on the wall behind the choice; more than that is only weight. */
const ON_THE_WALL = 96;

interface SignInProps {
  readonly state: DemoState;
  readonly session: Session;
}

export function SignIn({ state, session }: SignInProps): ReactElement {
  const [chosen, setChosen] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);

  async function signIn(userId: string): Promise<void> {
    setChosen(userId);
    setFailed(false);
    try {
      await session.signIn(userId);
    } catch {
      setChosen(null);
      setFailed(true);
    }
  }

  return (
    <div className="sign-in">
      <div className="sign-in-wall" aria-hidden="true">
        {state.people.slice(0, ON_THE_WALL).map((person) => (
          <Picture key={person.userId} userId={person.userId} name={person.name} size={72} />
        ))}
      </div>
      <main className="sign-in-main">
        <p className="brand">
          <Logo />
          {strings.product}
        </p>
        <h1 className="sign-in-title">{strings.signIn.title}</h1>
        <p className="soft">{strings.signIn.lead(state.people.length)}</p>
        <ul className="sign-in-list" aria-label={strings.signIn.choices}>
          {state.signIn.map(({ userId, name, title, administrator }) => (
            <li key={userId}>
              <button
                type="button"
                className="sign-in-choice"
                disabled={chosen !== null}
                onClick={() => void signIn(userId)}
              >
                <Picture userId={userId} name={name} size={56} />
                <span className="sign-in-name">{name}</span>
                <span className="secondary">{title}</span>
                <span className="caption">{administrator ? strings.signIn.administrator : strings.signIn.person}</span>
              </button>
            </li>
          ))}
        </ul>
        {failed && (
          <p className="failure" role="alert">
            {strings.signIn.failed}
          </p>
        )}
      </main>
    </div>
  );
}
