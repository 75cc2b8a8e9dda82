namespace GenAgent.Server.Jobs;

/// <summary>A job as the API tells it.</summary>
internal sealed record JobContract(
    string Id, JobState State, string Prompt, JobKind Kind, int Count, int? Rounds, long? Seed, JobSize? Size, string? Agent, string? Generator, int Priority,
    DateTimeOffset Created, DateTimeOffset? Started, DateTimeOffset? Finished, string? Error, IReadOnlyList<SampleContract> Samples)
{
    public static JobContract Of(Job job)
    {
        var request = job.Request;
        return new(
            job.Id, job.State, request.Prompt, request.Kind, request.Count, request.Rounds, request.Seed, request.Size, request.Agent, request.Generator,
                request.Priority,
            job.Created, job.Started, job.Finished, job.Error, [.. job.Samples.Select(Of)]);
    }

    public static SampleContract Of(JobSample sample) => new(
        sample.Index, sample.Trajectory, sample.Image is { } image
            ? JobEvents.ImageUrl(image) : null, [.. sample.Images.Select(JobEvents.ImageUrl)], sample.Passed, sample.Reason);
}

/// <summary>A sample as the API tells it; images are URLs.</summary>
internal sealed record SampleContract(int Index, string? Trajectory, string? Image, IReadOnlyList<string> Images, bool? Passed, string? Reason);
