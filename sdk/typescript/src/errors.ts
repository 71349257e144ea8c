/** The server does not answer, or something else answers at its address; then `status` is the HTTP status. */
export class Unreachable extends Error {
  override name = "Unreachable";
  status: number | undefined;

  constructor(reason: string, status?: number) {
    super(reason);
    this.status = status;
  }
}

/** The server refuses the request: `code` is an error code of the API, `errors` are all errors as it sent them. */
export class Refused extends Error {
  override name = "Refused";
  code: string;
  errors: readonly unknown[];

  constructor(code: string, message: string, errors: readonly unknown[]) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

/** A task ended without a video: `code` is that of its error, or CANCELED. */
export class NoVideo extends Error {
  override name = "NoVideo";
  code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
