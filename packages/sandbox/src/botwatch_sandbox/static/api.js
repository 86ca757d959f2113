// The control API. Every failure becomes an ApiError whose message can be shown as it is.

const TIMEOUT_MS = 10_000;

export class ApiError extends Error {}

/** Why an answer is a refusal, in one sentence. */
export async function reasonOf(response) {
  try {
    const { error } = await response.json();
    if (typeof error === "string" && error) return error;
  } catch {
    // No JSON: the status is all there is to say.
  }
  return `The sandbox answered ${response.status} ${response.statusText}`.trim() + ".";
}

/** POSTs JSON to the control API and returns the JSON of the answer. */
export async function post(path, body) {
  let response;
  try {
    response = await fetch(`/control/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError("The sandbox does not answer. Is its service running?");
  }
  if (!response.ok) throw new ApiError(await reasonOf(response));
  return response.json();
}
