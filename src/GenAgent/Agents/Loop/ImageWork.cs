using GenAgent.Generators;
using GenAgent.Protocol;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>What one call of an image tool asks for, and of whom.</summary>
/// <param name="ToolName">The tool's name, for the log.</param>
/// <param name="Maker">Asks the generator.</param>
/// <param name="Generation">What is asked for, as it is recorded.</param>
/// <param name="Originals">The images to start from; empty for none.</param>
internal sealed record ImageWork(string ToolName, ImageMaker Maker, Generation Generation, IReadOnlyList<DataContent> Originals)
{
    /// <summary>The backend's id of the call; null where it has none.</summary>
    public string? CallId { get; init; }

    /// <summary>What the caller wants the generator to be given beside the generation; null for nothing.</summary>
    public ImageGenerationOptions? Given { get; init; }

    /// <summary>What a call asks for; or the fault of a call that does not fit.</summary>
    public static Fault? Read(AgentRun run, ToolCall call, ImageTool tool, out ImageWork work)
    {
        work = null!;
        if (tool.Read(call, run.Shown, out var asked, out var number) is { } misfit)
        {
            return misfit;
        }

        if (!tool.Edits)
        {
            work = OfPrompt(run, call.Name, tool, asked, call.Id);
            return null;
        }

        if (Source(run, number) is not var (id, image))
        {
            return new Fault(FaultKind.BadArguments, number is null || run.Attempts.Count == 0
                ? $"There is no image to edit yet: make one first."
                : $"There is no image {number} to edit: there are {run.Attempts.Count}.");
        }

        // A mask and a strength belong to the images that the user gave.
        var given = run.Request.Given?.Clone();
        given?.AdditionalProperties?.Remove(ImageOptionsExtensions.MaskKey);
        given?.AdditionalProperties?.Remove(ImageOptionsExtensions.StrengthKey);
        work = new ImageWork(call.Name, tool.Maker, PassedOptions.Record(asked with { Edited = id }, given), [image]) { CallId = call.Id, Given = given };
        return null;
    }

    /// <summary>An image of a prompt, from the images that the user gave if there are any.</summary>
    public static ImageWork OfPrompt(AgentRun run, string toolName, ImageTool tool, Generation asked, string? callId = null) =>
        new(toolName, tool.Maker, PassedOptions.Record(asked, run.Request.Given), run.Request.OriginalImages) { CallId = callId, Given = run.Request.Given };

    // The image of that number, else the last that the model was shown, else the last that the user gave.
    private static (string Id, DataContent Image)? Source(AgentRun run, int? number)
    {
        if (number is { } named)
        {
            return named <= run.Attempts.Count ? (run.Attempts[named - 1].Reference.Id, run.Attempts[named - 1].Image) : null;
        }

        return run.Shown > 0 ? (run.Attempts[^1].Reference.Id, run.Attempts[^1].Image)
            : run.Originals.Count > 0 ? (run.Originals[^1].Id, run.Request.OriginalImages[^1])
            : null;
    }
}
