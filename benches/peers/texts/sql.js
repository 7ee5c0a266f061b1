// Conditions as SQL.

const COMPARISONS = { $eq: "=", $gte: ">=", $lt: "<" };

/** What the dialects differ in: each answers an expression and adds its parameters by `bind`. */
export function sqlOf(where, dialect) {
  const values = [];
  const bind = (value) => {
    values.push(value);
    return dialect.placeholder(values.length);
  };
  return { sql: expression(where, dialect, bind), values };
}

function expression(where, dialect, bind) {
  const [key, condition] = Object.entries(where)[0];
  if (key === "$and") {
    return condition.map((each) => expression(each, dialect, bind)).join(" AND ");
  }
  const [operator, operand] = Object.entries(condition)[0];
  switch (operator) {
    case "$in":
      return dialect.among(key, operand, bind);
    case "$contains":
      return dialect.contains(operand, bind);
    case "$regex":
      return dialect.matches(operand, bind);
    default:
      return `${key} ${COMPARISONS[operator]} ${bind(dialect.value?.(operand) ?? operand)}`;
  }
}
