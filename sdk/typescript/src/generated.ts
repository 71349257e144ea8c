/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** The difference between the video and the draft as designed. */
export type DraftWarningCode =
  /** An effect is drawn approximately. */
  | 'EFFECT_APPROXIMATED'
  /** An effect is not drawn. */
  | 'EFFECT_SKIPPED'
  /** The draft has an unknown part, which is left out. */
  | 'FIELD_UNKNOWN'
  /** Another font is used. */
  | 'FONT_SUBSTITUTED'
  /** No font has a character of a caption. */
  | 'GLYPH_MISSING'
  /** An animation is drawn simpler than designed. */
  | 'KEYFRAME_SIMPLIFIED'
  /** A part of a material's file is drawn approximately. */
  | 'MATERIAL_APPROXIMATED'
  /** A material is shorter than its segment; its last frame is repeated. */
  | 'MATERIAL_FROZEN'
  /** A material, or its sound, is unavailable and left out. */
  | 'MATERIAL_MISSING'
  /** A placeholder of a caption has no replacement, and is drawn as it is. */
  | 'PLACEHOLDER_LEFT'
  /** A segment is left out. */
  | 'SEGMENT_SKIPPED';

/** The language of a message. */
export type Locale =
  /** English. */
  | 'EN'
  /** Simplified Chinese. */
  | 'ZH';

/** The direction of a list. */
export type OrderDirection =
  /** Oldest first. */
  | 'ASC'
  /** Newest first. */
  | 'DESC';

/** The unit of `done` and `total` of a stage. */
export type ProgressUnit =
  /** Bytes fetched or written. */
  | 'BYTES'
  /** Whole files. */
  | 'FILES'
  /** Frames of the video. */
  | 'FRAMES'
  /** Items of the draft, such as segments or captions. */
  | 'ITEMS';

/**
 * New content of a part of the draft: either `text` or `url`. The name of a text is that of a `{{placeholder}}` in
 * captions, without the braces, or it is a caption's segment id, material id or material name. The name of a file is
 * its material's name or id, or a segment's id.
 */
export type ReplacementInput = {
  /** The part's name, 1 to 200 characters. */
  name: string;
  /** The new text, up to 5000 characters. */
  text?: string | null;
  /** The http(s) URL of the new picture, video or sound. */
  url?: string | null;
};

/** A request for a video. */
export type SubmitVideoTaskInput = {
  /** The draft: a URL that answers in capcut-mate's `get_draft` form. */
  draftUrl: string;
  /** How long it may wait for a worker, 1 second to 30 days. Then it fails with EXPIRED. */
  expiresInSeconds?: number | null;
  /** 1 to 256 characters of your own. The same key returns the same task in any state; with other input it is an error. */
  idempotencyKey?: string | null;
  /** Your own data, returned with the task. */
  metadata?: Record<string, unknown> | null;
  /** The file to make: its format, size, quality and range. The same draft with another output is another task. */
  output?: VideoOutputInput | null;
  /** -1000 to 1000; higher goes first. 0 without it. */
  priority?: number | null;
  /** New texts and files for parts of the draft, up to 200. The same draft with others is another task. */
  replace?: Array<ReplacementInput> | null;
  /** Fail when a feature cannot be drawn as designed, instead of warning. False without it. */
  strict?: boolean | null;
  /** The events to send; changes of status by default. */
  webhookEvents?: Array<VideoTaskEventType> | null;
  /** The URL to POST the task's events to, signed by Standard Webhooks; retried for 24 hours. */
  webhookUrl?: string | null;
};

/** Errors that the caller can correct. */
export type UserErrorCode =
  /** The caller's key lacks the scope for this. */
  | 'FORBIDDEN'
  /** The idempotency key was used before, with other input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** An argument is invalid. */
  | 'INVALID_INPUT'
  /** The task's state does not allow it, for instance to cancel an ended task. */
  | 'INVALID_STATE'
  /** There is no such task, or the caller may not see it. */
  | 'NOT_FOUND'
  /** Too many tasks are waiting; try again later. */
  | 'QUEUE_FULL'
  /** The caller has reached a limit; `resetAt` is its end. */
  | 'QUOTA_EXCEEDED';

/** The format of a file. */
export type VideoOutputFormat =
  /** A JPEG of twelve frames, evenly spaced. */
  | 'CONTACT_SHEET'
  /** An animated GIF. */
  | 'GIF'
  /** One frame, that of `startMs`. */
  | 'JPEG'
  /** The sound alone. */
  | 'M4A'
  /** H.264 and AAC in MP4. */
  | 'MP4'
  /** AV1 and AAC in MP4: smallest. */
  | 'MP4_AV1'
  /** HEVC and AAC in MP4: smaller, slower to make. */
  | 'MP4_HEVC'
  /** ProRes 4444 in QuickTime, on a transparent background, for editors. */
  | 'PRORES_4444'
  /** VP9 and Opus in WebM, on a transparent background. */
  | 'WEBM_ALPHA'
  /** An animated WebP. */
  | 'WEBP';

/** The requested file. What is missing is as in the draft: the whole of it as an MP4 in its size and frame rate. */
export type VideoOutputInput = {
  /** The end of the range, in milliseconds of the draft. */
  endMs?: number | null;
  /** MP4 without it. */
  format?: VideoOutputFormat | null;
  /** 1 to 120 frames a second. */
  frameRate?: number | null;
  /** STANDARD without it. */
  quality?: VideoQuality | null;
  /** The picture's size as a factor of the canvas's, 0.05 to 4. */
  scale?: number | null;
  /** The picture's shorter side, 64 to 4320 pixels; the other one follows. */
  shortSide?: number | null;
  /** False leaves the sound out. */
  sound?: boolean | null;
  /** The beginning of the range, in milliseconds of the draft. */
  startMs?: number | null;
};

/** The quality of the encoding. */
export type VideoQuality =
  /** Half of the canvas's size unless a size is given, encoded as fast as possible. */
  | 'DRAFT'
  /** For further editing: a larger file, slower to make. */
  | 'HIGH'
  /** For viewing and platforms. */
  | 'STANDARD';

/** Why a task failed. */
export type VideoTaskErrorCode =
  /** The draft has nothing to show or play. */
  | 'DRAFT_EMPTY'
  /** The draft was saved encrypted by the app and cannot be read. */
  | 'DRAFT_ENCRYPTED'
  /** The content of the draft URL is not a draft, or its values are invalid. */
  | 'DRAFT_INVALID'
  /** The draft's server knows no such draft, or could not be reached. */
  | 'DRAFT_NOT_FOUND'
  /** The draft is larger or longer than this server's limits. */
  | 'DRAFT_TOO_LARGE'
  /** The draft URL leads to an address that this server does not fetch from. */
  | 'DRAFT_URL_REFUSED'
  /** It waited longer than its `expiresInSeconds`. */
  | 'EXPIRED'
  /** A strict task's draft uses something that cannot be drawn as designed, or the worker cannot write the output's format. */
  | 'FEATURE_UNSUPPORTED'
  /** A fault of the service itself. */
  | 'INTERNAL'
  /** A material's address is one that this server does not fetch from. */
  | 'MATERIAL_REFUSED'
  /** A material, or all together, are larger than this server's limits. */
  | 'MATERIAL_TOO_LARGE'
  /** A material could not be fetched. */
  | 'MATERIAL_UNREACHABLE'
  /** A material is damaged or of a kind that cannot be read. */
  | 'MATERIAL_UNREADABLE'
  /** The server's disk is full. */
  | 'OUT_OF_DISK'
  /** The render needed more memory than it was given. */
  | 'OUT_OF_MEMORY'
  /** The finished file could not be stored. */
  | 'PUBLISH_FAILED'
  /** Drawing or encoding failed. */
  | 'RENDER_FAILED'
  /** The attempt took longer than allowed. */
  | 'RENDER_TIMEOUT'
  /** The draft has nothing that a replacement names. */
  | 'REPLACEMENT_UNKNOWN'
  /** The worker died in each of the attempts. */
  | 'WORKER_LOST';

/** The kind of a change. */
export type VideoTaskEventType =
  /** The percentage, or the counts of a stage. Several may be sent as one. */
  | 'PROGRESS'
  /** No change: the state at the beginning of the subscription. */
  | 'SNAPSHOT'
  /** A new stage began. Never left out. */
  | 'STAGE_CHANGED'
  /** The status changed. Never left out. */
  | 'STATUS_CHANGED';

/** A filter of tasks. All given conditions must be met. */
export type VideoTaskFilter = {
  /** It was submitted after this time. */
  createdAfter?: string | null;
  /** It was submitted before this time. */
  createdBefore?: string | null;
  /** It renders this draft. */
  draftUrl?: string | null;
  /** It failed with one of these. */
  errorCode?: Array<VideoTaskErrorCode> | null;
  /** Its draft URL contains this, or its id begins with this (six digits or more). One or two characters are looked for in your newest 1000 tasks only. */
  search?: string | null;
  /** Its stage is one of these. */
  stage?: Array<VideoTaskStage> | null;
  /** Its status is one of these. */
  status?: Array<VideoTaskStatus> | null;
};

/** The order of a list of tasks. */
export type VideoTaskOrder = {
  /** The direction. */
  direction: OrderDirection;
  /** The sort key. */
  field: VideoTaskOrderField;
};

/** The order of a list of tasks. */
export type VideoTaskOrderField =
  /** When it ended; tasks that have not come last. */
  | 'COMPLETED_AT'
  /** When it was submitted. */
  | 'CREATED_AT'
  /** When it last changed. */
  | 'UPDATED_AT';

/** The steps of an attempt, in order. The number is the progress at which the stage begins. */
export type VideoTaskStage =
  /** 100: nothing is left to do. */
  | 'DONE'
  /** 70: frames are drawn and encoded. */
  | 'EXPORTING'
  /** 20: the draft is fetched and read. */
  | 'PARSING_DRAFT'
  /** 30: the timeline is laid out and room is made. */
  | 'PREPARING'
  /** 50: videos, pictures, sounds and captions are fetched and prepared. */
  | 'PROCESSING_MATERIALS'
  /** 0: it waits for a worker. */
  | 'QUEUED'
  /** 10: a worker has taken it. */
  | 'STARTED'
  /** 90: the file is finished, checked and published. */
  | 'WRITING_FILE';

/** The state of a task. It only moves forward; a retry begins again at PENDING. The polling endpoint says pending, processing, completed, and failed for both FAILED and CANCELED. */
export type VideoTaskStatus =
  /** It was canceled. Final, unless it is retried. */
  | 'CANCELED'
  /** The video is ready. Final. */
  | 'COMPLETED'
  /** It ended with an error. Final, unless it is retried. */
  | 'FAILED'
  /** It waits in the queue. */
  | 'PENDING'
  /** A worker renders it. */
  | 'PROCESSING';

export type FailureFragment = { code: VideoTaskErrorCode, message: string, hint: string | null, retryable: boolean, stage: VideoTaskStage, materialUrl: string | null, segmentId: string | null };

export type DraftWarningFragment = { code: DraftWarningCode, message: string, startSeconds: number | null, endSeconds: number | null, track: string | null, segmentId: string | null, materialName: string | null, effectId: string | null };

export type TaskSummaryFragment = { id: string, draftUrl: string, status: VideoTaskStatus, stage: VideoTaskStage, progress: number, seq: number, attempt: number, videoUrl: string | null, createdAt: string, startedAt: string | null, completedAt: string | null, updatedAt: string, error: FailureFragment | null };

export type TaskFragment = (
  { metadata: Record<string, unknown> | null, queuePosition: number | null, estimatedCompletionAt: string | null, previewUrl: string | null, thumbnailUrl: string | null, canCancel: boolean, canRetry: boolean, video: { url: string, expiresAt: string | null, width: number, height: number, durationSeconds: number, frameRate: number, sizeBytes: number, sha256: string } | null, warnings: Array<DraftWarningFragment>, stages: Array<{ stage: VideoTaskStage, startedAt: string, completedAt: string | null, done: number | null, total: number | null, unit: ProgressUnit | null }> }
  & TaskSummaryFragment
);

export type EventFragment = { seq: number, type: VideoTaskEventType, at: string, status: VideoTaskStatus, stage: VideoTaskStage, progress: number, attempt: number, task: TaskFragment };

export type RefusalFragment = { code: UserErrorCode, message: string, path: Array<string> | null, resetAt: string | null };

export type ReportFragment = { draftUrl: string, renderable: boolean, width: number | null, height: number | null, durationSeconds: number | null, frameRate: number | null, tracks: number | null, segments: number | null, materials: number | null, exactLooks: number | null, nearLooks: number | null, leftOutLooks: number | null, designedSeconds: number | null, placeholders: Array<string>, missingPlaceholders: Array<string>, unknownReplacements: Array<string>, warnings: Array<DraftWarningFragment>, error: FailureFragment | null };

export type SubmitMutationVariables = Exact<{
  input: SubmitVideoTaskInput;
  locale?: Locale | null;
}>;


export type SubmitMutation = { submitVideoTask: { created: boolean, task: TaskFragment | null, errors: Array<RefusalFragment> } };

export type CancelMutationVariables = Exact<{
  id: string;
  locale?: Locale | null;
}>;


export type CancelMutation = { cancelVideoTask: { task: TaskFragment | null, errors: Array<RefusalFragment> } };

export type RetryMutationVariables = Exact<{
  id: string;
  locale?: Locale | null;
}>;


export type RetryMutation = { retryVideoTask: { task: TaskFragment | null, errors: Array<RefusalFragment> } };

export type FindQueryVariables = Exact<{
  id?: string | null;
  draftUrl?: string | null;
  locale?: Locale | null;
}>;


export type FindQuery = { videoTask: TaskFragment | null };

export type ListQueryVariables = Exact<{
  first?: number | null;
  after?: string | null;
  filter?: VideoTaskFilter | null;
  orderBy?: VideoTaskOrder | null;
  locale?: Locale | null;
}>;


export type ListQuery = { videoTasks: { totalCount: number, nodes: Array<TaskSummaryFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DraftReportQueryVariables = Exact<{
  draftUrl: string;
  replace?: Array<ReplacementInput> | ReplacementInput | null;
  locale?: Locale | null;
}>;


export type DraftReportQuery = { draftReport: ReportFragment };

export type WatchSubscriptionVariables = Exact<{
  id: string;
  after?: number | null;
  locale?: Locale | null;
}>;


export type WatchSubscription = { videoTaskProgress: EventFragment };

/** A document, with the types of its result and variables. */
export type Document<Result, Variables> = string & { readonly types?: (variables: Variables) => Result };

export const SubmitDocument = `mutation Submit($input: SubmitVideoTaskInput!, $locale: Locale) {
  submitVideoTask(input: $input) {
    task {
      ...Task
    }
    created
    errors {
      ...Refusal
    }
  }
}

fragment Task on VideoTask {
  ...TaskSummary
  metadata
  queuePosition
  estimatedCompletionAt
  previewUrl
  thumbnailUrl
  canCancel
  canRetry
  video {
    url
    expiresAt
    width
    height
    durationSeconds
    frameRate
    sizeBytes
    sha256
  }
  warnings {
    ...DraftWarning
  }
  stages {
    stage
    startedAt
    completedAt
    done
    total
    unit
  }
}

fragment TaskSummary on VideoTask {
  id
  draftUrl
  status
  stage
  progress
  seq
  attempt
  videoUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}

fragment DraftWarning on DraftWarning {
  code
  message(locale: $locale)
  startSeconds
  endSeconds
  track
  segmentId
  materialName
  effectId
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
}` as Document<SubmitMutation, SubmitMutationVariables>;

export const CancelDocument = `mutation Cancel($id: ID!, $locale: Locale) {
  cancelVideoTask(id: $id) {
    task {
      ...Task
    }
    errors {
      ...Refusal
    }
  }
}

fragment Task on VideoTask {
  ...TaskSummary
  metadata
  queuePosition
  estimatedCompletionAt
  previewUrl
  thumbnailUrl
  canCancel
  canRetry
  video {
    url
    expiresAt
    width
    height
    durationSeconds
    frameRate
    sizeBytes
    sha256
  }
  warnings {
    ...DraftWarning
  }
  stages {
    stage
    startedAt
    completedAt
    done
    total
    unit
  }
}

fragment TaskSummary on VideoTask {
  id
  draftUrl
  status
  stage
  progress
  seq
  attempt
  videoUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}

fragment DraftWarning on DraftWarning {
  code
  message(locale: $locale)
  startSeconds
  endSeconds
  track
  segmentId
  materialName
  effectId
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
}` as Document<CancelMutation, CancelMutationVariables>;

export const RetryDocument = `mutation Retry($id: ID!, $locale: Locale) {
  retryVideoTask(id: $id) {
    task {
      ...Task
    }
    errors {
      ...Refusal
    }
  }
}

fragment Task on VideoTask {
  ...TaskSummary
  metadata
  queuePosition
  estimatedCompletionAt
  previewUrl
  thumbnailUrl
  canCancel
  canRetry
  video {
    url
    expiresAt
    width
    height
    durationSeconds
    frameRate
    sizeBytes
    sha256
  }
  warnings {
    ...DraftWarning
  }
  stages {
    stage
    startedAt
    completedAt
    done
    total
    unit
  }
}

fragment TaskSummary on VideoTask {
  id
  draftUrl
  status
  stage
  progress
  seq
  attempt
  videoUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}

fragment DraftWarning on DraftWarning {
  code
  message(locale: $locale)
  startSeconds
  endSeconds
  track
  segmentId
  materialName
  effectId
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
}` as Document<RetryMutation, RetryMutationVariables>;

export const FindDocument = `query Find($id: ID, $draftUrl: URL, $locale: Locale) {
  videoTask(id: $id, draftUrl: $draftUrl) {
    ...Task
  }
}

fragment Task on VideoTask {
  ...TaskSummary
  metadata
  queuePosition
  estimatedCompletionAt
  previewUrl
  thumbnailUrl
  canCancel
  canRetry
  video {
    url
    expiresAt
    width
    height
    durationSeconds
    frameRate
    sizeBytes
    sha256
  }
  warnings {
    ...DraftWarning
  }
  stages {
    stage
    startedAt
    completedAt
    done
    total
    unit
  }
}

fragment TaskSummary on VideoTask {
  id
  draftUrl
  status
  stage
  progress
  seq
  attempt
  videoUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}

fragment DraftWarning on DraftWarning {
  code
  message(locale: $locale)
  startSeconds
  endSeconds
  track
  segmentId
  materialName
  effectId
}` as Document<FindQuery, FindQueryVariables>;

export const ListDocument = `query List($first: Int, $after: String, $filter: VideoTaskFilter, $orderBy: VideoTaskOrder, $locale: Locale) {
  videoTasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes {
      ...TaskSummary
    }
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment TaskSummary on VideoTask {
  id
  draftUrl
  status
  stage
  progress
  seq
  attempt
  videoUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}` as Document<ListQuery, ListQueryVariables>;

export const DraftReportDocument = `query DraftReport($draftUrl: URL!, $replace: [ReplacementInput!], $locale: Locale) {
  draftReport(draftUrl: $draftUrl, replace: $replace) {
    ...Report
  }
}

fragment Report on DraftReport {
  draftUrl
  renderable
  width
  height
  durationSeconds
  frameRate
  tracks
  segments
  materials
  exactLooks
  nearLooks
  leftOutLooks
  designedSeconds
  placeholders
  missingPlaceholders
  unknownReplacements
  warnings {
    ...DraftWarning
  }
  error {
    ...Failure
  }
}

fragment DraftWarning on DraftWarning {
  code
  message(locale: $locale)
  startSeconds
  endSeconds
  track
  segmentId
  materialName
  effectId
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}` as Document<DraftReportQuery, DraftReportQueryVariables>;

export const WatchDocument = `subscription Watch($id: ID!, $after: Int, $locale: Locale) {
  videoTaskProgress(id: $id, after: $after) {
    ...Event
  }
}

fragment Event on VideoTaskEvent {
  seq
  type
  at
  status
  stage
  progress
  attempt
  task {
    ...Task
  }
}

fragment Task on VideoTask {
  ...TaskSummary
  metadata
  queuePosition
  estimatedCompletionAt
  previewUrl
  thumbnailUrl
  canCancel
  canRetry
  video {
    url
    expiresAt
    width
    height
    durationSeconds
    frameRate
    sizeBytes
    sha256
  }
  warnings {
    ...DraftWarning
  }
  stages {
    stage
    startedAt
    completedAt
    done
    total
    unit
  }
}

fragment TaskSummary on VideoTask {
  id
  draftUrl
  status
  stage
  progress
  seq
  attempt
  videoUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
}

fragment DraftWarning on DraftWarning {
  code
  message(locale: $locale)
  startSeconds
  endSeconds
  track
  segmentId
  materialName
  effectId
}` as Document<WatchSubscription, WatchSubscriptionVariables>;