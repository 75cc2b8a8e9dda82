using System.Security.Cryptography;
using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Evaluation.Systems;
using GenAgent.Running.Sharing;
using GenAgent.Telemetry;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Runs;

/// <summary>A judged sample on its way from a worker to the evaluation's owner, with the images and the agent's run. Places are the owner's to give.</summary>
/// <param name="Sample">The sample, without places.</param>
/// <param name="Made">What the system made.</param>
internal sealed record SharedSample(Sample Sample, SystemOutcome Made)
{
    public ReadOnlyMemory<byte> Write(SecretMask? mask)
    {
        Dictionary<string, DataContent> images = new((IEnumerable<KeyValuePair<string, DataContent>>?)Made.Run?.Images ?? [], StringComparer.Ordinal);
        string? final = null;
        if (Made.Run is null && Made.Image is { } image) images[final = Convert.ToHexStringLower(SHA256.HashData(image.Data.Span))] = image;
        var body = JsonSerializer.SerializeToNode(new Body(Sample, Made.SentPrompt, final, Made.Failure, Made.Declined), EvaluationFolder.Json);
        return new ResultPackage(body, Made.Run?.Trajectory, images).Write(mask);
    }

    /// <summary>Reads what a worker wrote.</summary>
    /// <exception cref="InvalidDataException">It is not the result of this task.</exception>
    public static SharedSample Read(string key, ReadOnlyMemory<byte> bytes)
    {
        var package = ResultPackage.Read(bytes);
        try
        {
            var body = package.Body.Deserialize<Body>(EvaluationFolder.Json) ?? throw new JsonException("null");
            if (!SampleTask.KeyOf(body.Sample.Prompt, body.Sample.Index).Equals(key, StringComparison.Ordinal)) throw new JsonException("it is another sample");
            var run = package.Trajectory is { } trajectory ? new AgentResult(trajectory, [], Best: null) { Images = package.Images } : null;
            var image = body.Image is { } id ? package.Images.GetValueOrDefault(id) ?? throw new JsonException("its image is missing") : null;
            return new(body.Sample, new SystemOutcome(body.SentPrompt, image, body.Failure) { Declined = body.Declined, Run = run });
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"The result of {key} cannot be read: {broken.Message}", broken);
        }
    }

    private sealed record Body(Sample Sample, string SentPrompt, string? Image, string? Failure, bool Declined);
}
