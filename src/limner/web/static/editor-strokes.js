// What can be done to a mask, as plain values, and how each of them is drawn. What is opaque is marked.

// A stroke goes through points [x, y, width], each as wide as the pen was pressed there.
function line(context, { points, erase }, from = 0) {
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.lineCap = context.lineJoin = "round";
  for (let at = Math.max(from, 1); at < points.length; at += 1) {
    const [[x, y, before], [nextX, nextY, width]] = [points[at - 1], points[at]];
    context.lineWidth = (before + width) / 2;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(nextX, nextY);
    context.stroke();
  }
  if (from > 0) return;
  const [x, y, width] = points[0];
  context.beginPath();
  context.arc(x, y, width / 2, 0, 2 * Math.PI);
  context.fill();
}

function lasso(context, { points, erase }) {
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
  context.fill();
}

function box(context, { x, y, width, height, erase }) {
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.fillRect(x, y, width, height);
}

// What was marked is so no more, and the rest is.
function invert(context, { width, height }) {
  context.globalCompositeOperation = "xor";
  context.fillRect(0, 0, width, height);
}

function clear(context, { width, height }) {
  context.clearRect(0, 0, width, height);
}

const WAYS = { line, lasso, box, invert, clear };

// Draws a step; of a line that has grown only what is new, from its point number `from` on.
export function draw(context, step, from = 0) {
  context.save();
  context.fillStyle = context.strokeStyle = "#fff";
  WAYS[step.kind](context, step, from);
  context.restore();
}
