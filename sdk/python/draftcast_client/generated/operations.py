__all__ = [
    "CANCEL_GQL",
    "DRAFT_REPORT_GQL",
    "FIND_GQL",
    "LIST_GQL",
    "RETRY_GQL",
    "SUBMIT_ALL_GQL",
    "SUBMIT_GQL",
    "WATCH_GQL",
]

SUBMIT_GQL = """
mutation Submit($input: SubmitVideoTaskInput!, $locale: Locale) {
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
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""

SUBMIT_ALL_GQL = """
mutation SubmitAll($inputs: [SubmitVideoTaskInput!]!, $locale: Locale) {
  submitVideoTasks(inputs: $inputs) {
    results {
      task {
        ...Task
      }
      created
      errors {
        ...Refusal
      }
    }
    errors {
      ...Refusal
    }
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
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""

CANCEL_GQL = """
mutation Cancel($id: ID!, $locale: Locale) {
  cancelVideoTask(id: $id) {
    task {
      ...Task
    }
    errors {
      ...Refusal
    }
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
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""

RETRY_GQL = """
mutation Retry($id: ID!, $locale: Locale) {
  retryVideoTask(id: $id) {
    task {
      ...Task
    }
    errors {
      ...Refusal
    }
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
}

fragment Refusal on UserError {
  code
  message(locale: $locale)
  path
  resetAt
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""

FIND_GQL = """
query Find($id: ID, $draftUrl: URL, $locale: Locale) {
  videoTask(id: $id, draftUrl: $draftUrl) {
    ...Task
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""

LIST_GQL = """
query List($first: Int, $after: String, $filter: VideoTaskFilter, $orderBy: VideoTaskOrder, $locale: Locale) {
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

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""

DRAFT_REPORT_GQL = """
query DraftReport($draftUrl: URL!, $replace: [ReplacementInput!], $locale: Locale) {
  draftReport(draftUrl: $draftUrl, replace: $replace) {
    ...Report
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
"""

WATCH_GQL = """
subscription Watch($id: ID!, $after: Int, $locale: Locale) {
  videoTaskProgress(id: $id, after: $after) {
    ...Event
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

fragment Failure on VideoTaskError {
  code
  message(locale: $locale)
  hint(locale: $locale)
  retryable
  stage
  materialUrl
  segmentId
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
  streamUrl
  createdAt
  startedAt
  completedAt
  updatedAt
  error {
    ...Failure
  }
}
"""
