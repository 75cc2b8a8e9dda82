using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Runs;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands;

/// <summary>One prompt: shown as it goes, its image kept at the end, also when it was stopped half-way.</summary>
internal sealed class SingleRun(CliHost host, AgentComposition composition, IRunObserver screen)
{
    /// <summary>Runs, keeps and reports; the result's file is the image.</summary>
    public async Task<(GenerateResult Result, ExitCode Code)> RunAsync(string prompt, ulong rootSeed, RunFolder kept, CancellationToken cancellationToken)
    {
        var line = PromptLine.Number([prompt])[0];
        var request = new AgentRequest(prompt) { Seed = SeedPath.FromRoot(rootSeed).Child("trajectory") };
        try
        {
            var (result, judgment) = await new PromptRun(composition).RunAsync(request, screen, cancellationToken);
            var cancelled = result.StopReason == StopReason.Cancelled;
            var file = await kept.KeepSingleAsync(prompt, result, CancellationToken.None);
            var status = GenerateResult.StatusOf(result.StopReason);

            // A signal that came while the judge was at work stopped the call, too.
            var code = cancelled || cancellationToken.IsCancellationRequested ? host.StoppedBy() : status == GenerateStatus.Incomplete ? ExitCode.Backend : ExitCode.Success;
            return (GenerateResult.Of(line, status, result.Trajectory, file, judgment), code);
        }
        catch (NoImageException e)
        {
            await kept.KeepFailureAsync(composition.Named(e.Trajectory), CancellationToken.None);
            return (GenerateResult.Of(line, GenerateStatus.Failed, e.Trajectory, null, error: ExitCodes.MessageOf(e)), ExitCodes.Of(e, host));
        }
        catch (RunCanceledException e)
        {
            await kept.KeepFailureAsync(composition.Named(e.Trajectory), CancellationToken.None);
            return (GenerateResult.Of(line, GenerateStatus.Cancelled, e.Trajectory, null, error: ExitCodes.MessageOf(e)), host.StoppedBy());
        }
    }
}
