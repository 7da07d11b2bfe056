using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orrery.Lab.Tests.Files;

/// <summary>As much of JSON Schema (draft 7) as the lab's schema uses; a keyword it does not know fails the test.</summary>
internal static class JsonSchema
{
    private static readonly string[] Annotations = ["$schema", "$id", "title", "description", "definitions"];

    public static IEnumerable<string> Errors(JsonObject root, JsonNode? value) => Errors(root, root, value, "$");

    private static IEnumerable<string> Errors(JsonObject root, JsonObject schema, JsonNode? value, string path) =>
        schema.Where(keyword => !Annotations.Contains(keyword.Key)).SelectMany(keyword => Check(root, schema, keyword.Key, keyword.Value!, value, path));

    private static IEnumerable<string> Check(JsonObject root, JsonObject schema, string keyword, JsonNode rule, JsonNode? value, string path)
    {
        switch (keyword)
        {
            case "$ref":
                return Errors(root, root["definitions"]![rule.GetValue<string>().Split('/')[^1]]!.AsObject(), value, path);
            case "type":
                return Fail(rule.GetValue<string>() != TypeOf(value), $"{path} is a {TypeOf(value)}, not a {rule}");
            case "const":
                return Fail(!JsonNode.DeepEquals(rule, value), $"{path} is not {rule}");
            case "enum":
                return Fail(!rule.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value)), $"{path} is none of {rule.ToJsonString()}");
            case "pattern":
                return Fail(TypeOf(value) == "string" && !Regex.IsMatch(value!.GetValue<string>(), rule.GetValue<string>()), $"{path} does not match {rule}");
            case "minimum":
                return Fail(TypeOf(value) == "integer" && value!.GetValue<decimal>() < rule.GetValue<decimal>(), $"{path} is less than {rule}");
            case "anyOf":
                List<string>[] tried = [.. rule.AsArray().Select(option => Errors(root, option!.AsObject(), value, path).ToList())];
                return tried.Any(errors => errors.Count == 0) ? [] : tried.SelectMany(errors => errors);
            case "required":
                return value is JsonObject some ? rule.AsArray().Where(name => !some.ContainsKey(name!.GetValue<string>())).Select(name => $"{path} has no {name}") : [];
            case "minProperties":
                return Fail(value is JsonObject many && many.Count < rule.GetValue<int>(), $"{path} has too few entries");
            case "propertyNames":
                return value is JsonObject named ? named.SelectMany(entry => Errors(root, rule.AsObject(), JsonValue.Create(entry.Key), $"{path}'s key {entry.Key}")) : [];
            case "properties":
                return value is JsonObject mapping ? mapping.Where(entry => rule.AsObject().ContainsKey(entry.Key))
                    .SelectMany(entry => Errors(root, rule[entry.Key]!.AsObject(), entry.Value, $"{path}.{entry.Key}")) : [];
            case "additionalProperties":
                IEnumerable<KeyValuePair<string, JsonNode?>> others = (value as JsonObject ?? []).Where(entry => schema["properties"]?.AsObject().ContainsKey(entry.Key) != true);
                return rule is JsonObject other ? others.SelectMany(entry => Errors(root, other, entry.Value, $"{path}.{entry.Key}"))
                    : others.Select(entry => $"{path} has the unknown key {entry.Key}");
            case "items":
                return value is JsonArray list ? list.SelectMany((item, i) => Errors(root, rule.AsObject(), item, $"{path}[{i}]")) : [];
            case "minItems":
                return Fail(value is JsonArray few && few.Count < rule.GetValue<int>(), $"{path} has too few items");
            case "maxItems":
                return Fail(value is JsonArray full && full.Count > rule.GetValue<int>(), $"{path} has too many items");
            default:
                throw new NotSupportedException($"the schema uses '{keyword}', which this test does not know");
        }
    }

    private static IEnumerable<string> Fail(bool failed, string error) => failed ? [error] : [];

    private static string TypeOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        JsonValue v when v.TryGetValue(out bool _) => "boolean",
        JsonValue v when v.TryGetValue(out decimal _) => "integer",
        _ => "string",
    };
}
