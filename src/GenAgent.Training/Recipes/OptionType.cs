using System.Text.Json;

namespace GenAgent.Training.Recipes;

/// <summary>Finds the type of an option by its path in a recipe, such as <c>data[0].perception.weights</c>.</summary>
internal static class OptionType
{
    /// <summary>The type at a path; null where the path leads to none.</summary>
    public static Type? At(Type record, string path)
    {
        Type? type = record;
        foreach (var step in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = step.Split('[')[0];
            type = type?.GetProperties()
                .FirstOrDefault(property => string.Equals(JsonNamingPolicy.CamelCase.ConvertName(property.Name), name, StringComparison.Ordinal))?.PropertyType;
            if (step.EndsWith(']') && type is { IsGenericType: true }) type = type.GetGenericArguments()[0];
            type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
        }

        return type;
    }

    /// <summary>The values of an enum as they are written.</summary>
    public static IEnumerable<string> NamesOf(Type choice, JsonSerializerOptions json) =>
        Enum.GetValuesAsUnderlyingType(choice).Cast<object>()
            .Select(value => JsonSerializer.SerializeToNode(Enum.ToObject(choice, value), choice, json)!.ToString());

    /// <summary>What a value must be, in words.</summary>
    public static string KindOf(Type? type) => type switch
    {
        null => "what stands here",
        _ when type == typeof(string) => "text",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(int) || type == typeof(long) || type == typeof(ulong) => "a whole number in range",
        { IsPrimitive: true } => "a number",
        { IsGenericType: true } => "a list, or an object of that kind",
        _ => "an object",
    };
}
