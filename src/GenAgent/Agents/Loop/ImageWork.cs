using GenAgent.Generators;
using GenAgent.Protocol;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>The request of one image tool call, and its generator.</summary>
/// <param name="ToolName">The tool's name, for the log.</param>
/// <param name="Maker">Asks the generator.</param>
/// <param name="Generation">The request as recorded.</param>
/// <param name="Originals">The images to start from; empty for none.</param>
internal sealed record ImageWork(string ToolName, ImageMaker Maker, Generation Generation, IReadOnlyList<DataContent> Originals)
{
    /// <summary>The backend's id of the call; null if it has none.</summary>
    public string? CallId { get; init; }

    /// <summary>Additional generator options of the caller; may be null.</summary>
    public ImageGenerationOptions? Given { get; init; }

    /// <summary>Reads a call; returns a fault if it is invalid.</summary>
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

        // A mask and a strength apply only to the user's own images.
        var given = run.Request.Given?.Clone();
        given?.AdditionalProperties?.Remove(ImageOptionsExtensions.MaskKey);
        given?.AdditionalProperties?.Remove(ImageOptionsExtensions.StrengthKey);
        work = new ImageWork(call.Name, tool.Maker, PassedOptions.Record(asked with { Edited = id }, given), [image]) { CallId = call.Id, Given = given };
        return null;
    }

    /// <summary>Generates from a prompt, and from the user's images if any.</summary>
    public static ImageWork OfPrompt(AgentRun run, string toolName, ImageTool tool, Generation asked, string? callId = null) =>
        new(toolName, tool.Maker, PassedOptions.Record(asked, run.Request.Given), run.Request.OriginalImages) { CallId = callId, Given = run.Request.Given };

    // The image of that number, else the last that the model saw, else the user's last one.
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
