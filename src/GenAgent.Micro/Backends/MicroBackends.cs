using GenAgent.Judging;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;

namespace GenAgent.Models;

/// <summary>
/// Backends of the miniature world that are programs instead of models: an agent, a generator and a judge. They show the whole loop without any dependency.
/// </summary>
public static class MicroBackends
{
    /// <summary>The name of the pixel judge.</summary>
    public const string Verifier = "verifier";

    private static readonly BackendScheme VerifierScheme = new(Verifier, BackendForm.NameOnly, Verifier, "reads pixels, needs nothing");

    private static readonly BackendScheme Oracle = new(
        "oracle", BackendForm.NameOnly, "oracle", "the perfect agent of the miniature world, a program: coloured shapes only");

    /// <summary>Adds the agent <c>oracle</c>, the generator <c>canvas</c> and the judge <c>verifier</c>, and returns the same registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddMicroWorld(this BackendRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry.AddCanvas()
            .AddChatClient(Oracle, (_, _) => new(new OracleTeacher()))
            .AddJudge(VerifierScheme, (_, _) => new(CreateVerifier()));
    }

    /// <summary>The pixel judge for prompts in plain words.</summary>
    /// <returns>A judge that needs no model.</returns>
    public static IJudge CreateVerifier() => new PromptReadingJudge(new MicroVerifier());

    private sealed class PromptReadingJudge(IJudge inner) : DelegatingJudge(inner)
    {
        public override ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
        {
            if (request.Constraints is not null)
            {
                return base.JudgeAsync(request, cancellationToken);
            }

            var read = PromptReader.Read(request.Prompt);
            return read.Constraints is { } constraints
                ? base.JudgeAsync(request with { Constraints = constraints }, cancellationToken)
                : ValueTask.FromResult<Judgment>(new NoScore(Name, read.Problem ?? "The prompt asks for nothing that this world has."));
        }
    }
}
