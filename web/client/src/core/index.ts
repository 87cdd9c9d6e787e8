/** The package's core: any page, no framework. */

export type { ReplaceOptions } from "./changes.ts";
export {
  type AvatariumClient,
  type AvatariumOptions,
  type Counters,
  createAvatarium,
  type Explanation,
  type WatchOptions,
} from "./client.ts";
export { type DefaultPicture, defaultPicture } from "./default.ts";
export type { Cancel, Environment, FirstPack, LoadedImage, LoadImageOptions, Preview, Upload } from "./environment.ts";
export { AvatariumError, type AvatariumErrorCode } from "./errors.ts";
export type { Age } from "./freshness.ts";
export type { Layer, LayerFactory, StoredPicture } from "./layers.ts";
export {
  type CropBox,
  type Epoch,
  type ImageId,
  type Mapping,
  type Picture,
  type PictureState,
  type Rendition,
  renditionFor,
  type Source,
  type Target,
  type UserId,
} from "./model.ts";
export type { Sample } from "./samples.ts";
