using GenAgent.Judging;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Rendering;

namespace GenAgent.Micro.Verification;

/// <summary>
/// The exact judge of the miniature world. Safe to use from many tasks at once. It sees the pixels and the constraints, never the scene
/// that an image was made from. Without constraints, with constraints that name what this world does not have, or with an image
/// that cannot be read it returns <see cref="NoScore"/>.
/// </summary>
public sealed class MicroVerifier : IJudge
{
    private readonly SceneReader _reader = new();

    /// <inheritdoc/>
    public string Name => "micro-verifier/2";

    /// <inheritdoc/>
    public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Judge(request));
    }

    private Judgment Judge(JudgeRequest request)
    {
        if (request.Constraints is null)
            return new NoScore(Name, "The prompt has no constraints; this judge reads no prose.");
        RgbImage image;
        try
        {
            image = RgbImage.Decode(request.Image);
        }
        catch (InvalidDataException e)
        {
            return new NoScore(Name, e.Message);
        }

        var reading = _reader.Read(image);
        return ConstraintVerifier.TryVerify(reading, request.Constraints, out var verdict, out var error)
            ? new Score(Name, verdict.Share, verdict.Passed, verdict.Reason)
            {
                Checks = verdict.Checks,
                Errors = [.. verdict.Errors.Select(VerdictNotes.NameOf)],
                Seen = [.. reading.Objects.Select(VerdictNotes.Seen)],
            }
            : new NoScore(Name, $"The miniature world has {error}.");
    }
}
