// Every operation of the page. Sentences come in both languages, so that the switch needs no new question.
const ERROR = `code retryable stage segmentId materialUrl
  en: message(locale: EN) zh: message(locale: ZH) hintEn: hint(locale: EN) hintZh: hint(locale: ZH)`;

const SHOWN = `fragment Shown on VideoTask {
  id draftUrl status stage progress seq attempt maxAttempts priority
  createdAt startedAt completedAt updatedAt estimatedCompletionAt
  previewUrl streamUrl thumbnailUrl canCancel canRetry warningCount
  stages { stage startedAt completedAt done total unit }
  video { url width height durationSeconds sizeBytes }
  error { ${ERROR} }
}`;

export const FEED = `subscription Feed($after: String) {
  videoTaskFeed(after: $after) {
    __typename
    ... on VideoTaskFeedEvent { cursor event { at task { ...Shown } } }
    ... on FeedReset { cursor }
  }
}
${SHOWN}`;

export const PAGE = `query Page($first: Int!, $after: String, $status: [VideoTaskStatus!], $search: String, $orderBy: VideoTaskOrder!) {
  videoTasks(first: $first, after: $after, filter: { status: $status, search: $search }, orderBy: $orderBy) {
    nodes { ...Shown }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
${SHOWN}`;

export const ONE = `query One($id: ID!) { videoTask(id: $id) { ...Shown } }
${SHOWN}`;

export const FIGURES = `query Figures {
  queue { pending processing capacity oldestPendingAt throughput(lastMinutes: 60) { at completed failed } }
  active: videoTasks(first: 1, filter: { status: [PENDING, PROCESSING] }) { totalCount }
  service { version acceptingTasks sampleDraftUrl disk { freeBytes totalBytes } }
}`;

export const REPORT = `query Report($draftUrl: URL!) {
  draftReport(draftUrl: $draftUrl) {
    draftUrl renderable width height durationSeconds frameRate tracks segments materials
    exactLooks nearLooks leftOutLooks designedSeconds
    warnings { code segmentId materialName startSeconds endSeconds track en: message(locale: EN) zh: message(locale: ZH) }
    error { ${ERROR} }
  }
}`;

export const SUBMIT = `mutation Submit($input: SubmitVideoTaskInput!) {
  submitVideoTask(input: $input) { created task { ...Shown } errors { en: message(locale: EN) zh: message(locale: ZH) } }
}
${SHOWN}`;

export const SUBMIT_ALL = `mutation SubmitAll($inputs: [SubmitVideoTaskInput!]!) {
  submitVideoTasks(inputs: $inputs) {
    results { task { ...Shown } errors { en: message(locale: EN) zh: message(locale: ZH) } }
    errors { en: message(locale: EN) zh: message(locale: ZH) }
  }
}
${SHOWN}`;

export const CANCEL = `mutation Cancel($id: ID!) {
  cancelVideoTask(id: $id) { task { ...Shown } errors { en: message(locale: EN) zh: message(locale: ZH) } }
}
${SHOWN}`;

export const RETRY = `mutation Retry($id: ID!) {
  retryVideoTask(id: $id) { task { ...Shown } errors { en: message(locale: EN) zh: message(locale: ZH) } }
}
${SHOWN}`;

export const DETAILS = `query Details($id: ID!, $after: String) {
  videoTask(id: $id) {
    output { startMs }
    warnings { code segmentId materialName startSeconds endSeconds track en: message(locale: EN) zh: message(locale: ZH) }
    webhookDeliveries(first: 100) { seq state attempts createdAt answer error nextAttemptAt }
    events(first: 100, after: $after, types: [STATUS_CHANGED, STAGE_CHANGED]) {
      nodes { seq at status stage attempt }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

// What a reader would type: for the drawer's "copy" buttons.
export const WATCH = (id) => `subscription Watch {
  videoTaskProgress(id: "${id}") {
    seq status stage progress
    task { videoUrl error { code message hint } }
  }
}`;

export const ASK = "query($id: ID!) { videoTask(id: $id) { status stage progress videoUrl error { code message hint } } }";
