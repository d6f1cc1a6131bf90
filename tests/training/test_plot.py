"""The picture of a training."""


def test_the_same_log_gives_the_same_picture(tmp_path):
    from training.plot import draw_rewards  # matplotlib takes a second

    log = [{"step": n, "reward": n / 9, "rewards/format/mean": n / 8} for n in range(1, 6)]
    for name in "ab":
        draw_rewards(log, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    draw_rewards([{"step": 1, "loss": 2.0}], tmp_path / "c")
    assert (tmp_path / "c").read_bytes() != (tmp_path / "a").read_bytes()
