using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Protocol;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tools;

/// <summary>Calls a user's function. Errors become faults instead of exceptions, except cancellation.</summary>
internal static class FunctionCall
{
    // A function may return a whole file by mistake, which must not fill the model's context.
    private const int MostCharacters = 20_000;

    public static async Task<FunctionOutcome> InvokeAsync(AIFunction function, ToolCall call, ImageAgentOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var arguments = new AIFunctionArguments(StringComparer.Ordinal);
            using (var document = JsonDocument.Parse(call.Arguments))
            {
                foreach (var argument in document.RootElement.EnumerateObject())
                {
                    arguments[argument.Name] = argument.Value.Clone();
                }
            }

            var result = await function.InvokeAsync(arguments, cancellationToken);
            return result is DataContent image && image.HasTopLevelMediaType("image") ? Inspect(image, options) : new FunctionOutcome { Text = TextOf(result) };
        }
        catch (ArgumentException wrong)
        {
            return Failed(FaultKind.BadArguments, $"The arguments do not fit {function.Name}: {SecretMask.Default.Mask(wrong.Message)}");
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(FaultKind.GeneratorFailure, $"{function.Name} failed: {SecretMask.Default.Mask(failure.Message)}");
        }
    }

    private static FunctionOutcome Inspect(DataContent image, ImageAgentOptions options) =>
        ImageInspector.Inspect(image, asked: null, requestedSeed: 0, options, out var reference) is { } wrong
            ? Failed(FaultKind.BadImage, wrong)
            : new FunctionOutcome { Image = image, Reference = reference };

    private static string TextOf(object? result)
    {
        var text = result switch
        {
            null => string.Empty,
            string plain => plain,
            TextContent content => content.Text,
            JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
            JsonElement json => PythonJson.Write(json),
            _ => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions),
        };
        return text.Length <= MostCharacters ? text : $"{text.AsSpan(0, MostCharacters)}… ({text.Length} characters, cut here)";
    }

    private static FunctionOutcome Failed(FaultKind kind, string why) => new() { Fault = new Fault(kind, why) };
}

/// <summary>The result of a function call: text, an image with its reference, or a fault.</summary>
internal readonly record struct FunctionOutcome
{
    public string? Text { get; init; }

    public DataContent? Image { get; init; }

    public ImageReference? Reference { get; init; }

    public Fault? Fault { get; init; }
}
