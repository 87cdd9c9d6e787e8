/**
 * The state of one picture in a component, derived in render.
 *
 * Nothing about the picture is kept in the component, so a change of `userId` shows the new person, or their default
 * picture, in that same render (law 2).
 */

import { useCallback, useState, useSyncExternalStore } from "react";
import {
  type AvatariumClient,
  type PictureState,
  type Rendition,
  renditionFor,
  type Source,
  type Target,
} from "../core/index.ts";
import { useAvatarium } from "./provider.tsx";

/** How {@link useProfilePicture} chooses. */
export interface UseProfilePictureOptions {
  /** Width of the box in device pixels; default 128. */
  readonly size?: number | undefined;
  /** A picture by its id; wins over `userId`. */
  readonly imageId?: string | null | undefined;
}

/** What may be painted in this render. */
export interface ProfilePictureView extends PictureState {
  /** The decoded picture that fits the box best; `null`: the default picture. */
  readonly rendition: Rendition | null;
  /** Layer that answered this component; `default` when the default picture is shown. */
  readonly source: Source;
}

/** How a component first met a picture. */
interface Meeting {
  readonly client: AvatariumClient;
  readonly key: string;
  /** It was there in the first render. */
  readonly wasThere: boolean;
}

const blank: PictureState = {
  userId: null,
  imageId: null,
  revision: null,
  epoch: null,
  renditions: [],
  isPending: true,
  isOptimistic: false,
  error: null,
};

/** The picture of a person, or of an image id. */
export function useProfilePicture(userId: string, options: UseProfilePictureOptions = {}): ProfilePictureView {
  const { size = 128, imageId } = options;
  const client = useAvatarium();
  const target = targetOf(userId, imageId);
  const key = keyOf(target);
  const watch = useCallback(
    (listener: () => void) => client.watch(targetOf(userId, imageId), listener, { size }),
    [client, userId, imageId, size],
  );
  const state = useSyncExternalStore(
    watch,
    () => client.get(target),
    () => blank,
  );
  const [meeting, setMeeting] = useState<Meeting>({ client, key, wasThere: state.renditions.length > 0 });
  const isNew = meeting.key !== key || meeting.client !== client;
  // React renders this component again at once, before anybody sees it.
  if (isNew) setMeeting({ client, key, wasThere: state.renditions.length > 0 });
  const rendition = renditionFor(state, size);
  return { ...state, rendition, source: sourceOf(rendition, meeting.wasThere) };
}

/** A target as a string; no user id holds a "/". */
export function keyOf(target: Target): string {
  return typeof target === "string" ? target : `/${target.imageId}`;
}

/** The image id where there is one, else the person. */
export function targetOf(userId: string, imageId: string | null | undefined): Target {
  return imageId ? { imageId } : userId;
}

function sourceOf(rendition: Rendition | null, wasThere: boolean): Source {
  if (rendition === null) return "default";
  return wasThere && rendition.source !== "storage" ? "memory" : rendition.source;
}
