/**
 * The messages of the wire that the first frame never reads; see wire.ts.
 */

import { AvatariumError } from "./errors.ts";
import type { Epoch, ImageId, UserId } from "./model.ts";
import {
  decodeImageId,
  decodeUrl,
  decodeUserId,
  epoch,
  matching,
  natural,
  nullable,
  object,
  refuse,
  revision,
} from "./wire.ts";

/** What a front end that calls `POST /users/info` learns of one person. */
export interface UserInfo {
  readonly userId: UserId;
  readonly imageId: ImageId | null;
  readonly revision: number;
  readonly epoch: Epoch;
}

/** Decodes the answer to `POST /users/info`. */
export function decodeUsersInfo(body: unknown): readonly UserInfo[] {
  return Object.entries(object(object(body, "users-info")["users"], "users")).map(([userId, value]) => {
    const fields = object(value, "users");
    if (fields["user_id"] !== userId) refuse("user_id");
    return {
      userId: decodeUserId(userId),
      imageId: nullable(fields, "user_picture_url", decodeImageId),
      revision: revision(fields),
      epoch: epoch(fields),
    };
  });
}

/** Decodes `GET /images/{image_id}` to the picture's address. */
export function decodeImage(body: unknown, base: string): string {
  const fields = object(body, "image");
  if (fields["success"] !== true) refuse("success");
  return decodeUrl(fields["url"], base);
}

/** Decodes problem+json to the error that it means. */
export function decodeProblem(body: unknown, retryAfterMs?: number): AvatariumError {
  const fields = object(body, "problem");
  const text = matching(/./s);
  text(fields["title"]);
  const { status } = fields;
  if (!(natural(status) && status >= 400 && status <= 599)) refuse("status");
  return new AvatariumError(matching(/^[a-z]+(-[a-z]+)*$/)(fields["code"]), {
    status,
    detail: text(fields["detail"]),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
