/**
 * Hands the page's client to every picture below it.
 */

import { type Context, createContext, createElement, type ReactElement, type ReactNode, useContext } from "react";
import type { AvatariumClient } from "../core/index.ts";

/** What {@link AvatariumProvider} takes. */
export interface AvatariumProviderProps {
  readonly client: AvatariumClient;
  readonly children?: ReactNode;
}

const ClientContext: Context<AvatariumClient | null> = createContext<AvatariumClient | null>(null);

/** Gives every picture below it its client. The client belongs to who made it: it is not closed on unmount. */
export function AvatariumProvider({ client, children }: AvatariumProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The page's client. Throws outside of a provider: that is a mistake in the program, not a state. */
export function useAvatarium(): AvatariumClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("<AvatariumProvider client> is missing above this component.");
  return client;
}
