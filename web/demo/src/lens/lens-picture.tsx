import { useAvatarium } from "avatarium/react";
import { type ReactElement, useCallback, useSyncExternalStore } from "react";
import type { Lens } from "./store.ts";

interface LensPictureProps {
  readonly lens: Lens;
  readonly userId: string;
}

/** The picture of a row in the lens: what is in memory, looked up without being counted. */
export function LensPicture({ lens, userId }: LensPictureProps): ReactElement {
  const client = useAvatarium();
  const watch = useCallback((listener: () => void) => lens.watch(userId, listener), [lens, userId]);
  const url = useSyncExternalStore(watch, () => client.get(userId)).renditions[0]?.url;
  if (url === undefined) return <span className="lens-picture" />;
  return <img className="picture lens-picture" src={url} crossOrigin="anonymous" alt="" width={20} height={20} />;
}
