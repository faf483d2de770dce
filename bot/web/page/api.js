/** Requests to the page's server. */

import { text } from "./texts.js";

const token = document.querySelector('meta[name="csrf-token"]').content;
const language = document.documentElement.lang;

/** What the server says to a request; an Error with a sentence for people when it refuses. */
export async function ask(method, path, body) {
  const headers = { "X-CSRF-Token": token };
  if (body !== undefined && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(`api/${path}${path.includes("?") ? "&" : "?"}lang=${language}`, {
      method, headers, body,
    });
  } catch {
    throw new Error(text("offline"));
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(answer.error ?? text("offline"));
    error.status = response.status;
    error.again = Number(response.headers.get("Retry-After") ?? 0);
    throw error;
  }
  return answer;
}
