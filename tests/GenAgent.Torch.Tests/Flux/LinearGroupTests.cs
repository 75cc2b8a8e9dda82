using GenAgent.Torch.Flux;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class LinearGroupTests
{
    [Fact]
    public void A_weight_that_training_changes_after_an_image_is_used_for_the_next_image()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var sampled = TinyFlux.NewTransformer();
        using var fresh = TinyFlux.NewTransformer();
        sampled.Freeze();
        fresh.Freeze();
        TinyFlux.Run(sampled);

        foreach (var model in new[] { sampled, fresh }) model.get_parameter("single_transformer_blocks.1.attn.to_k.weight")!.TimesInPlace(1.5);

        TinyFlux.Run(sampled).eq(TinyFlux.Run(fresh)).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void An_optimizer_that_moves_the_weights_to_its_own_memory_after_an_image_is_heeded()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = TinyFlux.NewTransformer();
        using var fresh = TinyFlux.NewTransformer();
        TinyFlux.Run(model);
        var key = model.get_parameter("single_transformer_blocks.1.attn.to_k.weight")!;
        var moved = key.clone();
        key.set_(moved);

        TinyFlux.Run(model);
        moved.TimesInPlace(1.5);
        fresh.get_parameter("single_transformer_blocks.1.attn.to_k.weight")!.TimesInPlace(1.5);

        TinyFlux.Run(model).eq(TinyFlux.Run(fresh)).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Weights_still_learn_after_an_image_was_made_with_them()
    {
        using var scope = NewDisposeScope();
        using var model = TinyFlux.NewTransformer();
        using (no_grad()) TinyFlux.Run(model);
        var before = TinyFlux.Run(model).Squared().mean();

        before.backward();

        using var noGradients = no_grad();
        foreach (var parameter in model.parameters().Where(parameter => parameter.grad is not null)) parameter.PlusInPlace(parameter.grad!, -0.1);
        TinyFlux.Run(model).Squared().mean().ToSingle().ShouldBeLessThan(before.ToSingle());
    }

    [Fact]
    public void A_model_moved_to_another_dtype_uses_the_moved_weights()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = TinyFlux.NewTransformer();
        model.Freeze();
        var exact = TinyFlux.Run(model);

        model.to(ScalarType.BFloat16);
        var half = TinyFlux.Run(model);

        half.dtype.ShouldBe(ScalarType.BFloat16);
        (half.to(ScalarType.Float32) - exact).abs().max().ToSingle().ShouldBeInRange(1e-5f, 0.1f);
    }
}
